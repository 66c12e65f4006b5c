import t from 'tap'
import { packFlags } from '../../../src/store/flags.ts'
import { fetchText } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'

const MESSAGE = 'From: Ada <ada@example.test>\r\nSubject: caf\xe9 "x"\r\nMessage-ID: <1@example.test>\r\n\r\ntext\r\n'

function account() {
  const account = new FetchAccount()
  const flags = packFlags(['\\Seen', '\\Flagged', '$Work'])
  const savedDateMs = Date.UTC(2006, 1, 3)
  account.add(7, { octets: Buffer.from(MESSAGE, 'latin1'), flags, preview: 'Grüße "x"', savedDateMs })
  return account
}

const ADDRESS = '(("Ada" NIL "ada" "example.test"))'
const ENVELOPE = `(NIL {8}\r\ncaf\xe9 "x" ${ADDRESS} ${ADDRESS} ${ADDRESS} NIL NIL NIL NIL "<1@example.test>")`
const BODY = '"text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1'

const ITEMS: readonly (readonly [items: string, answer: string])[] = [
  ['UID', 'UID 7'],
  ['FLAGS', 'FLAGS (\\Seen \\Flagged $Work)'],
  ['INTERNALDATE', 'INTERNALDATE "02-Jan-2006 15:04:12 +0000"'],
  ['RFC822.SIZE', `RFC822.SIZE ${MESSAGE.length}`],
  ['ENVELOPE', `ENVELOPE ${ENVELOPE}`],
  ['BODY', `BODY (${BODY})`],
  ['BODYSTRUCTURE', `BODYSTRUCTURE (${BODY} NIL NIL NIL NIL)`],
  ['MODSEQ', 'MODSEQ (2)'],
  ['EMAILID', 'EMAILID (E7)'],
  ['THREADID', 'THREADID NIL'],
  ['SAVEDATE', 'SAVEDATE "03-Feb-2006 00:00:00 +0000"'],
  ['PREVIEW', 'PREVIEW {11}\r\nGr\xc3\xbc\xc3\x9fe "x"'],
  ['(PREVIEW (LAZY))', 'PREVIEW {11}\r\nGr\xc3\xbc\xc3\x9fe "x"'],
  ['(UID UID FLAGS)', 'UID 7 FLAGS (\\Seen \\Flagged $Work)'],
  ['FAST', `FLAGS (\\Seen \\Flagged $Work) INTERNALDATE "02-Jan-2006 15:04:12 +0000" RFC822.SIZE ${MESSAGE.length}`],
  ['(BODY.PEEK[TEXT] UID)', 'UID 7 BODY[TEXT] {6}\r\ntext\r\n'],
]

for (const [items, answer] of ITEMS) {
  t.test(`${items} is told`, async t => {
    t.equal(await fetchText(account(), items), `* 1 FETCH (${answer})\r\n`)
  })
}

t.test('UID FETCH tells the UID though nobody asks', async t => {
  t.equal(await fetchText(account(), 'THREADID', { isUid: true }), '* 1 FETCH (UID 7 THREADID NIL)\r\n')
})

t.test('who follows mod-sequences is told one with all flags', async t => {
  const given = { isCondstore: true }
  t.equal(await fetchText(account(), 'FLAGS', given), '* 1 FETCH (FLAGS (\\Seen \\Flagged $Work) MODSEQ (2))\r\n')
  t.equal(await fetchText(account(), 'UID', given), '* 1 FETCH (UID 7)\r\n')
})

t.test('with UTF-8 a preview is quoted', async t => {
  const text = await fetchText(account(), 'PREVIEW', { isUtf8: true })
  t.equal(text, '* 1 FETCH (PREVIEW "Gr\xc3\xbc\xc3\x9fe \\"x\\"")\r\n')
})

t.test('a message that is not here has no lazy preview, and no SAVEDATE when nobody knows it', async t => {
  const account = new FetchAccount()
  account.add(3, { octets: Buffer.from('a: b\r\n\r\nc'), isWhole: false, preview: 'c' })
  account.add(4, { octets: Buffer.from('a: b\r\n\r\nd'), preview: 'd' })
  t.equal(
    await fetchText(account, '(SAVEDATE PREVIEW (LAZY))'),
    '* 1 FETCH (SAVEDATE NIL PREVIEW NIL)\r\n* 2 FETCH (SAVEDATE NIL PREVIEW "d")\r\n',
  )
  t.same(account.calls, ['messages 3,4', 'details 4'])
  t.equal(await fetchText(account, 'PREVIEW', { uids: Uint32Array.of(3) }), '* 1 FETCH (PREVIEW "c")\r\n')
})

const READS: readonly (readonly [items: string, calls: readonly string[]])[] = [
  ['(UID THREADID)', []],
  ['FLAGS', ['messages 7']],
  ['ENVELOPE', ['details 7']],
  ['(ENVELOPE FLAGS)', ['details 7', 'messages 7']],
  ['BODY.PEEK[]', ['messages 7', `octets 7 0-${MESSAGE.length}`]],
  ['BODY.PEEK[1]', ['details 7', `octets 7 ${MESSAGE.length - 6}-${MESSAGE.length}`]],
  ['BINARY.SIZE[1]', ['details 7']],
  ['BODY.PEEK[HEADER.FIELDS (TO)]', ['messages 7', `octets 7 0-${MESSAGE.length}`]],
  ['BODY.PEEK[HEADER]', ['messages 7', `octets 7 0-${MESSAGE.length}`]],
  ['(ENVELOPE BODY.PEEK[HEADER])', ['details 7', 'messages 7', `octets 7 0-${MESSAGE.length}`]],
]

for (const [items, calls] of READS) {
  t.test(`${items} reads no more than it needs`, async t => {
    const read = account()
    await fetchText(read, items)
    t.same(read.calls, calls)
  })
}
