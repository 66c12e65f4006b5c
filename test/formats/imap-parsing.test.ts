import fc from 'fast-check'
import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { parseDateTime } from '../../src/formats/imap/date-time.ts'
import { decodeMailboxName, encodeMailboxName } from '../../src/formats/imap/mailbox-name.ts'
import { type ImapResponse, parseResponse } from '../../src/formats/imap/response.ts'
import { ResponseReader } from '../../src/formats/imap/response-reader.ts'
import { UidSet } from '../../src/formats/imap/uid-set.ts'

function read(chunks: readonly Buffer[], maxHeldOctets = 1_000_000): ImapResponse[] {
  const responses: ImapResponse[] = []
  const reader = new ResponseReader({
    maxHeldOctets,
    openLiteral: () => undefined,
    onResponse: parts => void responses.push(parseResponse(parts)),
  })
  for (const chunk of chunks) reader.push(chunk)
  return responses
}

const SESSION = Buffer.from(
  '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready {5}x\r\n* LIST (\\HasNoChildren "\\\\Odd") "/" {5}\r\nA"\\\r\n\r\n' +
    '* 3 FETCH (UID 7 FLAGS (\\Seen $x) BODY[HEADER.FIELDS (MESSAGE-ID)] {0}\r\n BODY[] {11}\r\nhi\r\nthere\0\xff)\r\n' +
    'P1 OK [HIGHESTMODSEQ 12345678901234567890] done\r\n+ go on\r\n* ESEARCH (TAG "P2") UID ALL 1:5,9\r\nP2 NO nope\r\n',
  'latin1',
)

t.test('responses are the same however the network cuts them', async t => {
  const whole = JSON.stringify(read([SESSION]))
  t.equal(read([SESSION]).length, 7)
  for (let size = 1; size <= SESSION.length; size++) {
    const chunks = []
    for (let at = 0; at < SESSION.length; at += size) chunks.push(SESSION.subarray(at, at + size))
    if (JSON.stringify(read(chunks)) !== whole) t.fail(`cut into pieces of ${size}`)
  }
})

t.test('no octets do more than a coded error', async t => {
  const word = fc.constantFrom(
    '* ',
    'P1 ',
    'OK ',
    'FETCH ',
    '(',
    ')',
    '[',
    ']',
    '"',
    '\\',
    '{3}\r\n',
    '{9999999999}\r\n',
    '\r\n',
    'UID 1',
    'NIL',
    '+ ',
    '~{1+}\r\n',
  )
  const octets = fc.uint8Array({ maxLength: 12 }).map(array => Buffer.from(array).toString('latin1'))
  fc.assert(
    fc.property(fc.array(fc.oneof(word, octets), { maxLength: 50 }), parts => {
      try {
        read([Buffer.from(parts.join(''), 'latin1')], 10_000)
        return true
      } catch (error) {
        return error instanceof PosternError && error.code.startsWith('FORMATS_IMAP_')
      }
    }),
    { numRuns: 20_000 },
  )
  t.pass()
})

t.test('a response larger than allowed, and one nested too deep, are coded errors', async t => {
  t.throws(() => read([Buffer.from(`* OK ${'x'.repeat(2000)}`)], 1000), { code: 'FORMATS_IMAP_TOO_LARGE' })
  t.throws(() => read([Buffer.from('* 1 FETCH (BODY[] {5000}\r\n')], 1000), { code: 'FORMATS_IMAP_TOO_LARGE' })
  t.throws(() => read([Buffer.from(`* X ${'('.repeat(500)}\r\n`)]), { code: 'FORMATS_IMAP_SYNTAX' })
})

t.test('a set of UIDs says what a set of numbers says', async t => {
  const uids = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 80 })
  fc.assert(
    fc.property(uids, uids => {
      const [set, plain] = [UidSet.of(uids), new Set(uids)]
      const back = UidSet.parse(set.toString())
      const isSame = set.size === plain.size && back?.toString() === set.toString()
      return isSame && Array.from({ length: 302 }, (_, uid) => set.has(uid) === plain.has(uid)).every(Boolean)
    }),
  )
  for (const text of ['0', '1:', '*', '1:*', 'x', '1,,2', '5000000000']) t.equal(UidSet.parse(text), undefined, text)
  t.equal(UidSet.parse('9:7,1,2,3')?.toString(), '1:3,7:9')
  t.equal([...UidSet.of([1, 3, 5, 7, 9]).split(4)].map(String).join(' '), '1,3 5,7 9')
})

t.test('mailbox names survive modified UTF-7', async t => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      name => /^inbox$/i.test(name) || decodeMailboxName(Buffer.from(encodeMailboxName(name))) === name,
    ),
  )
  t.equal(decodeMailboxName(Buffer.from('Entw&APw-rfe &- Co')), 'Entwürfe & Co')
  t.equal(decodeMailboxName(Buffer.from('iNbOx')), 'INBOX')
  t.match(encodeMailboxName('日本'), /^[\x20-\x7e]+$/)
})

t.test('dates of the server are read, with their zone', async t => {
  t.equal(parseDateTime(' 7-Feb-1994 21:52:25 -0800'), Date.UTC(1994, 1, 8, 5, 52, 25))
  t.equal(parseDateTime('17-Jul-1996 02:44:25 +0130'), Date.UTC(1996, 6, 17, 1, 14, 25))
  t.equal(parseDateTime('yesterday'), undefined)
})
