import t from 'tap'
import { fetchText } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

const DEEP = MIME_MESSAGES['a message in a message in a message'] ?? ''
const HEADER = `From: ada@example.test
Subject: Fwd: Fwd: deep
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

`
const INNER = `Date: Tue, 3 Jan 2006 15:04:05 +0000
From: deep@example.test
Subject: deep
Message-ID: <deep@example.test>

`
const BODY = DEEP.slice(HEADER.replaceAll('\n', '\r\n').length)

function accountWith(octets: string): FetchAccount {
  const account = new FetchAccount()
  account.add(7, { octets: Buffer.from(octets, 'latin1') })
  return account
}

/** A literal, with CRLF for each line end. */
function literal(octets: string): string {
  const wire = octets.replaceAll(/\r?\n/g, '\r\n')
  return `{${wire.length}}\r\n${wire}`
}

const SECTIONS: readonly (readonly [items: string, answer: string])[] = [
  ['BODY.PEEK[]', `BODY[] ${literal(DEEP)}`],
  ['BODY.PEEK[HEADER]', `BODY[HEADER] ${literal(HEADER)}`],
  ['BODY.PEEK[TEXT]', `BODY[TEXT] ${literal(BODY)}`],
  ['BODY.PEEK[1]', `BODY[1] ${literal('See below.')}`],
  ['BODY.PEEK[1.MIME]', `BODY[1.MIME] ${literal('\n')}`],
  ['BODY.PEEK[2.2]', `BODY[2.2] ${literal(`${INNER}third\nline`)}`],
  ['BODY.PEEK[2.2.HEADER]', `BODY[2.2.HEADER] ${literal(INNER)}`],
  ['BODY.PEEK[2.2.TEXT]', `BODY[2.2.TEXT] ${literal('third\nline')}`],
  [
    'BODY.PEEK[2.2.HEADER.FIELDS (subject "to")]',
    `BODY[2.2.HEADER.FIELDS (subject to)] ${literal('Subject: deep\n\n')}`,
  ],
  [
    'BODY.PEEK[HEADER.FIELDS.NOT (Content-Type MIME-Version)]',
    `BODY[HEADER.FIELDS.NOT (Content-Type MIME-Version)] ${literal('From: ada@example.test\nSubject: Fwd: Fwd: deep\n\n')}`,
  ],
  ['BODY.PEEK[HEADER.FIELDS (X)]', `BODY[HEADER.FIELDS (X)] ${literal('\n')}`],
  ['BODY.PEEK[4]', 'BODY[4] NIL'],
  ['BODY.PEEK[1.HEADER]', 'BODY[1.HEADER] NIL'],
  ['BODY.PEEK[1.HEADER.FIELDS (TO)]<0.5>', 'BODY[1.HEADER.FIELDS (TO)]<0> NIL'],
  ['RFC822.HEADER', `RFC822.HEADER ${literal(HEADER)}`],
  ['BODY.PEEK[1]<0.3>', 'BODY[1]<0> {3}\r\nSee'],
  ['BODY.PEEK[1]<4.100>', 'BODY[1]<4> {6}\r\nbelow.'],
  ['BODY.PEEK[1]<10.1>', 'BODY[1]<10> {0}\r\n'],
  ['BODY.PEEK[1]<9007199254740990.9007199254740990>', 'BODY[1]<9007199254740990> {0}\r\n'],
  ['BODY.PEEK[HEADER.FIELDS (SUBJECT)]<9.3>', 'BODY[HEADER.FIELDS (SUBJECT)]<9> {3}\r\nFwd'],
  ['BODY.PEEK[HEADER.FIELDS (SUBJECT)]<99.3>', 'BODY[HEADER.FIELDS (SUBJECT)]<99> {0}\r\n'],
  ['(BODY.PEEK[1] BODY.PEEK[9] BODY.PEEK[3])', 'BODY[1] {10}\r\nSee below. BODY[9] NIL BODY[3] {4}\r\nlast'],
]

for (const [items, answer] of SECTIONS) {
  t.test(`${items} is told`, async t => {
    t.equal(await fetchText(accountWith(DEEP), items), `* 1 FETCH (${answer})\r\n`)
    // With the structure that BODY needs, sections are found in another way.
    const [, body] = /\((.*)\)\r\n$/s.exec(await fetchText(accountWith(DEEP), 'BODY')) ?? []
    const both = items.startsWith('(') ? items.replace('(', '(BODY ') : `(BODY ${items})`
    t.equal(await fetchText(accountWith(DEEP), both), `* 1 FETCH (${body} ${answer})\r\n`)
    const small = accountWith(DEEP)
    small.smallOctetsLimit = 65_536
    t.equal(await fetchText(small, items), `* 1 FETCH (${answer})\r\n`, 'read with others')
    t.notOk(
      small.calls.some(call => call.startsWith('octets')),
      'and not once more',
    )
  })
}

t.test('RFC822 and RFC822.TEXT are told by their names', async t => {
  const given = { isReadOnly: true }
  t.equal(await fetchText(accountWith(DEEP), 'RFC822', given), `* 1 FETCH (RFC822 ${literal(DEEP)})\r\n`)
  t.equal(await fetchText(accountWith(DEEP), 'RFC822.TEXT', given), `* 1 FETCH (RFC822.TEXT ${literal(BODY)})\r\n`)
})

t.test('octets of 8 bits are told as they are, NUL as 0x80', async t => {
  const account = accountWith('Subject: \xfc\0\xff\r\n\r\na\0b')
  t.equal(await fetchText(account, 'BODY.PEEK[]'), '* 1 FETCH (BODY[] {19}\r\nSubject: \xfc\x80\xff\r\n\r\na\x80b)\r\n')
  t.equal(
    await fetchText(account, 'BODY.PEEK[HEADER.FIELDS (SUBJECT)]'),
    '* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {16}\r\nSubject: \xfc\x80\xff\r\n\r\n)\r\n',
  )
})

const ODD: readonly (readonly [octets: string, header: string, text: string])[] = [
  ['', '', ''],
  ['\r\n', '\r\n', ''],
  ['\nbody', '\n', 'body'],
  ['a: b', 'a: b', ''],
  ['a: b\r\n', 'a: b\r\n', ''],
  ['a: b\n\nbody', 'a: b\n\n', 'body'],
  ['a: b\r\n\nbody', 'a: b\r\n\n', 'body'],
  ['a: b\r\r\n\r\nbody', 'a: b\r\r\n\r\n', 'body'],
]

for (const [octets, header, text] of ODD) {
  t.test(`${JSON.stringify(octets)} is cut into header and text`, async t => {
    const answer = `BODY[HEADER] {${header.length}}\r\n${header} BODY[TEXT] {${text.length}}\r\n${text}`
    t.equal(await fetchText(accountWith(octets), '(BODY.PEEK[HEADER] BODY.PEEK[TEXT])'), `* 1 FETCH (${answer})\r\n`)
  })
}
