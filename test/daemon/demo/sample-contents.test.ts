import { createPublicKey, verify } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import forge from 'node-forge'
import PostalMime, { type Email } from 'postal-mime'
import t, { type Test } from 'tap'
import { sampleMail } from '../../../src/daemon/demo/sample-mail/sample-mail.ts'
import type { SampleMessage } from '../../../src/daemon/demo/sample-mail/sample-message.ts'
import { summarizeHeader } from '../../../src/formats/mail/header-summary.ts'

const SETTINGS = { baseDateMs: Date.UTC(2026, 4, 20, 14, 30), address: 'you@demo.example', seed: 7 }
const messages = [...sampleMail(SETTINGS)]

function find(t: Test, subject: string): SampleMessage {
  const found = messages.find(({ octets }) => summarizeHeader(octets).subject === subject)
  if (!found) return t.bailout(`there is no message ${subject}`) as never
  return found
}

async function read(t: Test, subject: string): Promise<Email> {
  return PostalMime.parse(find(t, subject).octets)
}

function octetsOf({ attachments }: Email, name: string): Buffer {
  const content = attachments.find(({ filename }) => filename === name)?.content
  return content instanceof ArrayBuffer ? Buffer.from(content) : Buffer.from(content ?? '')
}

t.test('texts in old charsets say what they should', async t => {
  t.match((await read(t, 'Grüße aus der Werkstatt')).text, /„fertig“ – 212 Stück, für 18,40 €/)
  t.match((await read(t, 'Ночной поезд')).text, /Поезд отходит в 19:40/)
  t.match((await read(t, '工房の見学について')).text, /A4 の図面をお持ちください/)
  t.match((await read(t, '木桥的论文')).text, /海水里的橡木/)
})

t.test('files are files', async t => {
  const two = await read(t, 'Railing, elevation')
  t.match(octetsOf(two, 'railing-elevation.pdf').toString('latin1'), /^%PDF-1\.4\n.*startxref\n\d+\n%%EOF\n$/s)
  const png = octetsOf(two, 'from-the-water.png')
  t.equal(inflateSync(png.subarray(png.indexOf('IDAT') + 4, -16)).length, 200 * (1 + 3 * 320))
  const zip = octetsOf(await read(t, 'Drawings for the board'), 'drawings.zip')
  t.equal(zip.readUInt32LE(zip.length - 6), zip.indexOf('PK\x01\x02'), 'the directory is where the end says')
  const tnef = octetsOf(await read(t, 'Price list'), 'winmail.dat')
  t.equal(tnef.readUInt32LE(0), 0x223e9f78)
  t.same(tnefAttributes(tnef), [0x89006, 0x69007, 0x78008, 0x18004, 0x38005, 0x2800c, 0x69002, 0x18010, 0x6800f])
  t.match((await read(t, 'Zeichnung Theke.pdf')).attachments[0]?.filename, /^Zeichnung der Theke – Maße & Höhen/)
})

function tnefAttributes(octets: Buffer): number[] {
  const ids: number[] = []
  for (let at = 6; at < octets.length; ) {
    const length = octets.readUInt32LE(at + 5)
    const sum = octets.subarray(at + 9, at + 9 + length).reduce((sum, octet) => (sum + octet) % 65_536, 0)
    if (sum !== octets.readUInt16LE(at + 9 + length)) throw new Error('a checksum is wrong')
    ids.push(octets.readUInt32LE(at + 1))
    at += 11 + length
  }
  return ids
}

t.test('an invitation carries its calendar twice, with its method', async t => {
  const email = await read(t, 'Invitation: Talk: three millimetres')
  t.same(
    email.attachments.map(({ method }) => method ?? 'a file'),
    ['REQUEST', 'a file'],
  )
  t.match(octetsOf(email, 'invite.ics').toString(), /^BEGIN:VCALENDAR\r?\n.*METHOD:REQUEST/s)
})

t.test('reports say in their type what they report', async t => {
  const types = messages.map(({ octets }) => /report-type=([a-z-]+)/.exec(octets.toString('latin1', 0, 4000))?.[1])
  const kinds = new Set(types.filter(type => type !== undefined))
  t.same([...kinds].sort(), ['delivery-status', 'disposition-notification', 'feedback-report'])
})

t.test('one message is about 3 MB', async t => {
  const { octets } = find(t, 'Point cloud, thinned')
  t.ok(octets.length > 2_900_000 && octets.length < 3_200_000, String(octets.length))
})

t.test('a Message-ID stands in three messages', async t => {
  const ids = Map.groupBy(messages, ({ octets }) => summarizeHeader(octets).messageId)
  ids.delete(undefined)
  t.same(
    [...ids.values()].map(({ length }) => length).filter(length => length > 1),
    [3],
  )
})

t.test('the S/MIME signatures are good', async t => {
  const signed = messages.filter(({ octets }) => octets.toString('latin1', 0, 4000).includes('multipart/signed'))
  t.equal(signed.length, 3)
  for (const { octets } of signed) t.ok(isSignatureGood(octets), summarizeHeader(octets).subject ?? '')
  const { octets } = find(t, 'Agenda (signed)')
  const spoilt = Buffer.from(octets.toString('latin1').replace('my word', 'My word'), 'latin1')
  t.notOk(isSignatureGood(spoilt), 'not of another text')
})

// RFC 8551 section 3.5.3: signed is the first part, without the line end before the boundary.
function isSignatureGood(octets: Buffer): boolean {
  const text = octets.toString('latin1')
  const boundary = /multipart\/signed;\s+boundary="([^"]+)"/.exec(text)?.[1]
  const [, content = '', signature = ''] = text.split(`\r\n--${boundary}`).map(part => part.replace(/^\r\n/, ''))
  const der = Buffer.from(signature.slice(signature.indexOf('\r\n\r\n')), 'base64').toString('latin1')
  const message = forge.pkcs7.messageFromAsn1(forge.asn1.fromDer(der)) as unknown as {
    readonly certificates: readonly forge.pki.Certificate[]
    readonly rawCapture: {
      readonly signature: string
      readonly authenticatedAttributes: readonly forge.asn1.Asn1[]
    }
  } // as forge documents it
  const { signature: signed, authenticatedAttributes } = message.rawCapture
  const { Class, Type, create, toDer } = forge.asn1
  const attributes = toDer(create(Class.UNIVERSAL, Type.SET, true, [...authenticatedAttributes])).getBytes()
  const digest = forge.md.sha256.create().update(content).digest().getBytes()
  const [certificate] = message.certificates
  if (!certificate) return false
  const key = createPublicKey(forge.pki.publicKeyToPem(certificate.publicKey as forge.pki.rsa.PublicKey))
  const isSigned = verify('sha256', Buffer.from(attributes, 'latin1'), key, Buffer.from(signed, 'latin1'))
  return isSigned && attributes.includes(digest)
}
