import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  decodeTransfer,
  findTransferEncoding,
  type TransferEncoding,
} from '../../../src/formats/mail/structure/transfer-decoder.ts'

const decoded = (chunks: readonly Buffer[], encoding: TransferEncoding) =>
  Buffer.concat([...decodeTransfer(chunks, encoding)]).toString('latin1')

const BODIES: readonly (readonly [encoding: TransferEncoding, body: string, expected: string])[] = [
  ['identity', 'a=3D\r\n', 'a=3D\r\n'],
  ['base64', 'SGVsbG8=', 'Hello'],
  ['base64', 'SGVs\r\nbG8\r\n', 'Hello'],
  ['base64', 'SGVsbG8=SGVsbG8=', 'HelloHello'],
  ['base64', 'S!G*V\0s\xff b-G_8=', 'Hello'],
  ['base64', 'SGVsbG8=\r\n\r\n--', 'Hello'],
  ['base64', 'SGVsb', 'Hel'],
  ['base64', '====', ''],
  ['quoted-printable', 'a=3Db=3db', 'a=b=b'],
  ['quoted-printable', 'a=\r\nb=\nc= \t\r\nd', 'abcd'],
  ['quoted-printable', 'a \t\r\nb \nc ', 'a\r\nb\nc'],
  ['quoted-printable', 'a  b \r c', 'a  b \r c'],
  ['quoted-printable', '=ZZ =4 == =', '=ZZ =4 == '],
  ['quoted-printable', '===41', '==A'],
  ['quoted-printable', '\xfc=\xfc\0', '\xfc=\xfc\0'],
]

for (const [encoding, body, expected] of BODIES) {
  t.test(`${encoding} is taken off ${JSON.stringify(body)}`, async t => {
    const octets = Buffer.from(body, 'latin1')
    t.equal(decoded([octets], encoding), expected)
    t.equal(
      decoded(
        [...octets].map(octet => Buffer.from([octet])),
        encoding,
      ),
      expected,
      'octet by octet',
    )
  })
}

t.test('the chunks of a body do not matter', async t => {
  const piece = fc.constantFrom('=', '3', 'D', ' ', '\t', '\r', '\n', '\r\n', 'x', 'SGVs', '=\r\n', '\xff')
  const encoding = fc.constantFrom<TransferEncoding>('identity', 'base64', 'quoted-printable')
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 6 }), { maxLength: 8 }), encoding, (pieces, encoding) => {
      const chunks = pieces.map(texts => Buffer.from(texts.join(''), 'latin1'))
      assert.equal(decoded(chunks, encoding), decoded([Buffer.concat(chunks)], encoding))
    }),
    { numRuns: 3000 },
  )
  t.pass()
})

t.test('blanks without an end are decoded in time that grows with them', async t => {
  for (const body of [' '.repeat(2_000_000), '= '.repeat(1_000_000), '='.repeat(2_000_000)]) {
    const before = performance.now()
    decoded([Buffer.from(body)], 'quoted-printable')
    const ms = performance.now() - before
    t.ok(ms < 1500, `${ms.toFixed(0)} ms`)
  }
})

t.test('an encoding that nobody knows is told apart', async t => {
  t.equal(findTransferEncoding('8bit'), 'identity')
  t.equal(findTransferEncoding('base64'), 'base64')
  for (const unknown of ['x-uuencode', '', 'toString']) t.equal(findTransferEncoding(unknown), undefined)
})
