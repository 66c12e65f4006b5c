import PostalMime from 'postal-mime'
import t from 'tap'
import type { Envelope } from '../../src/smtp/outbox/queue.ts'
import { makeReport } from '../../src/smtp/outbox/report.ts'

const envelope: Envelope = {
  sender: 'ada@example.org',
  options: { size: undefined, is8BitMime: false, isSmtpUtf8: true, dsn: ['RET=HDRS', 'ENVID=lunch+2B1'] },
  recipients: [
    { address: 'bob@example.org', dsn: ['NOTIFY=FAILURE', 'ORCPT=rfc822;bob+2Bwork@example.org'] },
    { address: 'jürgen@example.org', dsn: [] },
  ],
  acceptedAtMs: 1_700_000_000_000,
}
const failed = [
  { address: 'bob@example.org', reply: '550 5.1.1 no such user' },
  { address: 'jürgen@example.org', reply: '553 bad\r\nStatus: 2.0.0\r\n' },
]
const head = Buffer.from('Subject: lunch\r\nFrom: ada\r\n\r\nbody')

async function fieldsOf(): Promise<string> {
  const parsed = await PostalMime.parse(makeReport({ envelope, failed, head, now: 1_700_000_100_000 }))
  const part = parsed.attachments.find(({ mimeType }) => mimeType === 'message/delivery-status')
  return Buffer.from((part?.content ?? '') as ArrayBuffer).toString('latin1')
}

t.test('a report names the envelope and the recipient as the client did (RFC 3461)', async t => {
  const fields = await fieldsOf()
  t.match(fields, /^Original-Envelope-Id: lunch\+1\r?\nReporting-MTA: dns; localhost\r?\n/)
  t.match(
    fields,
    /\n\r?\nOriginal-Recipient: rfc822; bob\+work@example\.org\r?\nFinal-Recipient: rfc822; bob@example\.org\r?\n/,
  )
})

t.test('an international address is written out (RFC 6533)', async t => {
  t.match(await fieldsOf(), /\n\r?\nFinal-Recipient: utf-8; j\\x\{FC\}rgen@example\.org\r?\n/)
})

t.test('what a server says adds no field of its own', async t => {
  const fields = await fieldsOf()
  t.same(fields.match(/^Status: .*$/gm), ['Status: 5.1.1', 'Status: 5.0.0'])
})
