import t from 'tap'
import { smtpReply } from '../../src/formats/smtp/reply.ts'
import { settle } from '../../src/smtp/outbox/delivery.ts'
import { type Envelope, NEW_STATE } from '../../src/smtp/outbox/queue.ts'

const RECIPIENTS: Envelope['recipients'] = [
  { address: 'unsaid@x', dsn: [] },
  { address: 'never@x', dsn: ['NOTIFY=NEVER'] },
  { address: 'success@x', dsn: ['ORCPT=rfc822;FAILURE@x', 'NOTIFY=SUCCESS,DELAY'] },
  { address: 'failure@x', dsn: ['NOTIFY=SUCCESS,failure'] },
]
const envelope: Envelope = {
  sender: 'a@x',
  options: { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] },
  recipients: RECIPIENTS,
  acceptedAtMs: 0,
}

t.test('a failure is reported unless NOTIFY names other things (RFC 3461)', async t => {
  const replies = new Map(RECIPIENTS.map(({ address }) => [address, smtpReply(550, '5.1.1 no')]))
  const { isOver, toReport, state } = settle(envelope, NEW_STATE, { kind: 'replies', replies }, 1)
  t.equal(isOver, true)
  t.same(
    toReport.map(({ address }) => address),
    ['unsaid@x', 'failure@x'],
  )
  t.equal(state.failed.length, 4, 'none is tried again')
})
