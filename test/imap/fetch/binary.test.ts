import t from 'tap'
import type { ImapRefusal } from '../../../src/imap/backend.ts'
import { fetchText, fetchUntilFailure } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'

const MESSAGE = `Content-Type: multipart/mixed; boundary=b

--b
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe=
!
--b
Content-Type: application/x
Content-Transfer-Encoding: base64

AAEC
--b
Content-Type: application/x
Content-Transfer-Encoding: x-uuencode

begin
--b
Content-Type: message/rfc822

Subject: inner
Content-Transfer-Encoding: base64

SGVsbG8=
--b
Content-Transfer-Encoding: 8bit

a\0b
--b--
`.replaceAll('\n', '\r\n')
const INNER = 'Subject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8='

function account() {
  const account = new FetchAccount()
  account.add(7, { octets: Buffer.from(MESSAGE, 'latin1') })
  return account
}

const ANSWERS: readonly (readonly [items: string, answer: string])[] = [
  ['BINARY.PEEK[1]', 'BINARY[1] ~{8}\r\nGr\xc3\xbc\xc3\x9fe!'],
  ['BINARY.PEEK[1]<2.3>', 'BINARY[1]<2> ~{3}\r\n\xc3\xbc\xc3'],
  ['BINARY.PEEK[1]<8.3>', 'BINARY[1]<8> ~{0}\r\n'],
  ['BINARY.PEEK[2]', 'BINARY[2] ~{3}\r\n\0\x01\x02'],
  ['BINARY.PEEK[4]', `BINARY[4] ~{${INNER.length}}\r\n${INNER}`],
  ['BINARY.PEEK[4.1]', 'BINARY[4.1] ~{5}\r\nHello'],
  ['BINARY.PEEK[5]', 'BINARY[5] ~{3}\r\na\0b'],
  ['BINARY.PEEK[5]<1.9>', 'BINARY[5]<1> ~{2}\r\n\0b'],
  ['BINARY.PEEK[9]', 'BINARY[9] NIL'],
  ['BINARY.PEEK[]', `BINARY[] ~{${MESSAGE.length}}\r\n${MESSAGE}`],
  ['(BINARY.SIZE[1] BINARY.SIZE[2])', 'BINARY.SIZE[1] 8 BINARY.SIZE[2] 3'],
  ['BINARY.SIZE[5]', 'BINARY.SIZE[5] 3'],
  ['BINARY.SIZE[9]', 'BINARY.SIZE[9] 0'],
  ['BINARY.SIZE[]', `BINARY.SIZE[] ${MESSAGE.length}`],
  ['(UID BINARY.SIZE[1] BODY.PEEK[5])', 'UID 7 BINARY.SIZE[1] 8 BODY[5] {3}\r\na\x80b'],
]

for (const [items, answer] of ANSWERS) {
  for (const chunkOctets of [65_536, 1]) {
    t.test(`${items} is told, ${chunkOctets} octets at a time`, async t => {
      const read = account()
      read.chunkOctets = chunkOctets
      t.equal(await fetchText(read, items), `* 1 FETCH (${answer})\r\n`)
      t.equal(read.openStreams, 0)
    })
  }
}

// RFC 3516 section 4.3
for (const items of ['BINARY.PEEK[3]', 'BINARY[3]', 'BINARY.SIZE[3]', '(FLAGS BODY[1] BINARY.PEEK[3])']) {
  t.test(`${items} is refused: nobody knows the encoding`, async t => {
    const read = account()
    const { text, error } = await fetchUntilFailure(read, items)
    t.equal(text, '')
    t.equal((error as ImapRefusal).code, 'UNKNOWN-CTE')
    t.equal(await fetchText(read, 'FLAGS'), '* 1 FETCH (FLAGS ())\r\n', 'and nothing is marked')
  })
}

t.test('a large part is decoded twice and never held', async t => {
  const octets = Buffer.alloc(3_000_000, 'abc\0')
  const base64 = octets.toString('base64').replaceAll(/.{76}/g, '$&\r\n')
  const read = new FetchAccount()
  read.add(7, { octets: Buffer.from(`Content-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`) })
  const text = await fetchText(read, 'BINARY.PEEK[1]')
  t.equal(text.length, '* 1 FETCH (BINARY[1] ~{3000000}\r\n)\r\n'.length + 3_000_000)
  t.ok(Buffer.from(text.slice(33, -3), 'latin1').equals(octets))
  t.equal(read.calls.filter(call => call.startsWith('octets')).length, 2)
})
