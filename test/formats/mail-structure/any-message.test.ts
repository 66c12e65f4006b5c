import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { bodyStructureText } from '../../../src/formats/imap/structure/body-structure.ts'
import { envelopeText } from '../../../src/formats/imap/structure/envelope-text.ts'
import { MimeTreeParser, parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import type { MimePart } from '../../../src/formats/mail/structure/part.ts'
import { preview } from '../../../src/formats/mail/text/preview.ts'
import { searchText } from '../../../src/formats/mail/text/search-text.ts'
import { readValue } from '../../support/imap-values.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

const PIECES =
  `--a|--ab|--a--|--|a|\r|\n|\r\n|\r\n\r\n|\r\n |Content-Type: |multipart/mixed; boundary=a|multipart/digest; boundary="ab"
message/rfc822|text/html; charset=utf-16|text/plain|Content-Transfer-Encoding: |base64|quoted-printable|Content-Disposition: attachment; filename*0*=
utf-8''%c3|; filename*1=|From: |To: |Subject: |a@b|<|>|(|)|"|\\|,|;|:|@|=?utf-8?Q?|?=|=|=3D|<b>|<script>|&amp;|\x00|\xff`.split(
    /\||\n(?=[mu])/,
  )

const message = fc
  .array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ unit: 'binary-ascii', maxLength: 8 })),
    {
      maxLength: 60,
    },
  )
  .map(pieces => Buffer.from(pieces.join(''), 'latin1'))

const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 })

function chunked(octets: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.filter(end => end < octets.length), octets.length].sort((left, right) => left - right)
  return ends.map((end, index) => octets.subarray(ends[index - 1] ?? 0, end))
}

t.test('the chunks of a message do not matter', async t => {
  fc.assert(
    fc.property(message, cuts, (octets, at) => {
      assert.deepEqual(parseMimeTree(chunked(octets, at)), parseMimeTree([octets]))
    }),
    { numRuns: 1000 },
  )
  for (const [name, text] of Object.entries(MIME_MESSAGES)) {
    const octets = Buffer.from(text, 'latin1')
    const whole = parseMimeTree([octets])
    t.strictSame(parseMimeTree([...octets].map(octet => Buffer.from([octet]))), whole, `octet by octet: ${name}`)
    t.strictSame(JSON.parse(JSON.stringify(whole)), whole, `JSON keeps it: ${name}`)
  }
})

t.test('a chunk may be used again once it is pushed', async t => {
  const octets = Buffer.from(MIME_MESSAGES['a delivery status'] ?? '')
  const parser = new MimeTreeParser()
  for (let at = 0; at < octets.length; at += 7) {
    const chunk = Buffer.from(octets.subarray(at, at + 7))
    parser.push(chunk)
    chunk.fill(0)
  }
  t.strictSame(parser.end(), parseMimeTree([octets]))
})

t.test('whatever a message is, its parts are inside of each other, and clients can read of them', async t => {
  fc.assert(
    fc.property(message, octets => {
      const structure = parseMimeTree([octets])
      assert.equal(structure.root.header.start, 0)
      assert.equal(structure.root.body.end, octets.length)
      assertNested(structure.root)
      for (const text of [bodyStructureText(structure.root, 'BODYSTRUCTURE'), envelopeText(structure.envelope)]) {
        assert.equal(readValue(text)?.kind, 'list')
      }
      const source = ({ start, end }: { start: number; end: number }) => [octets.subarray(start, end)]
      assert.ok(Array.from(preview(structure, source)).length <= 200)
      for (const text of searchText(structure, source)) assert.ok(text.isWellFormed())
    }),
    { numRuns: 1500 },
  )
  t.pass('none was found')
})

function assertNested(part: MimePart): void {
  const { header, body } = part
  if (!(header.start <= header.end && header.end === body.start && body.start <= body.end))
    assert.fail('a part backwards')
  let from = body.start
  for (const inner of part.kind === 'multipart' ? part.parts : part.kind === 'message' ? [part.message.root] : []) {
    if (inner.header.start < from || inner.body.end > body.end) assert.fail('a part outside')
    from = inner.body.end
    assertNested(inner)
  }
}
