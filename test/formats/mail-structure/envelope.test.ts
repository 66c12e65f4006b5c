import t from 'tap'
import { envelopeText } from '../../../src/formats/imap/structure/envelope-text.ts'
import { parseEnvelope } from '../../../src/formats/mail/structure/envelope.ts'

const envelopeOf = (header: string) => envelopeText(parseEnvelope(Buffer.from(header, 'latin1'))).toString('latin1')
const from = (text: string) => parseEnvelope(Buffer.from(`From: ${text}\r\n`, 'latin1')).from

t.test('an envelope is written as RFC 9051 section 7.5.2 has it', async t => {
  t.equal(
    envelopeOf(
      'Date: Wed, 17 Jul 1996 02:23:25 -0700\r\nFrom: Terry <gray@example.test>\r\nSubject: minutes\r\nTo: imap@example.test\r\n' +
        'cc: minutes@example.test, John <klensin@example.test>\r\nMessage-Id: <B27397@example.test>\r\n\r\nSubject: body\r\n',
    ),
    '("Wed, 17 Jul 1996 02:23:25 -0700" "minutes" (("Terry" NIL "gray" "example.test")) (("Terry" NIL "gray" "example.test")) ' +
      '(("Terry" NIL "gray" "example.test")) ((NIL NIL "imap" "example.test")) ' +
      '((NIL NIL "minutes" "example.test")("John" NIL "klensin" "example.test")) NIL NIL "<B27397@example.test>")',
  )
  t.equal(envelopeOf(''), '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)')
})

t.test('sender and reply-to are those of From unless they say something', async t => {
  const sender = (text: string) =>
    /\(\(NIL NIL "(.)" "x"\)\) \(\(NIL NIL "(.)" "x"\)\) \(\(NIL NIL "(.)"/.exec(text)?.slice(1)
  t.same(sender(envelopeOf('From: a@x\r\n')), ['a', 'a', 'a'])
  t.same(sender(envelopeOf('From: a@x\r\nSender:\r\nReply-To: ,\r\n')), ['a', 'a', 'a'])
  t.same(sender(envelopeOf('From: a@x\r\nSender: b@x\r\nReply-To: c@x\r\n')), ['a', 'b', 'c'])
  t.same(parseEnvelope(Buffer.from('From: a@x\r\nSender: a@x\r\n')), { from: [[null, null, 'a', 'x']] })
})

t.test('what cannot be quoted is a literal, octets stay what they are', async t => {
  t.equal(envelopeOf('Subject: caf\xe9 "x"\r\n'), '(NIL {8}\r\ncaf\xe9 "x" NIL NIL NIL NIL NIL NIL NIL NIL)')
  t.equal(envelopeOf('Subject: a "b" \\\r\n'), '(NIL "a \\"b\\" \\\\" NIL NIL NIL NIL NIL NIL NIL NIL)')
  t.equal(envelopeOf('Subject: a\0b\rc\r\n'), '(NIL {5}\r\na\x80b\rc NIL NIL NIL NIL NIL NIL NIL NIL)')
  t.match(envelopeOf(`Subject: ${'x'.repeat(2000)}\r\n`), /^\(NIL \{2000\}\r\nx/)
})

const ADDRESSES: Readonly<Record<string, ReturnType<typeof from>>> = {
  'a@b': [[null, null, 'a', 'b']],
  '<a@b>': [[null, null, 'a', 'b']],
  'A  B\r\n\tC <a@b>': [['A B C', null, 'a', 'b']],
  '"B, \\"A\\"" <a@b>': [['B, "A"', null, 'a', 'b']],
  'a@b (A (the) B)': [['A (the) B', null, 'a', 'b']],
  'A (not this) B <a@b> (nor this)': [['A B', null, 'a', 'b']],
  'J. R. Q <a@b>': [['J. R. Q', null, 'a', 'b']],
  '"a b"@c': [[null, null, 'a b', 'c']],
  'a@[127.0.0.1]': [[null, null, 'a', '[127.0.0.1]']],
  'N <@r1,@r2:a@b>': [['N', '@r1,@r2', 'a', 'b']],
  'a@b, c@d;e@f': [
    [null, null, 'a', 'b'],
    [null, null, 'c', 'd'],
    [null, null, 'e', 'f'],
  ],
  'G: a@b, C <c@d>;': [
    [null, null, 'G', null],
    [null, null, 'a', 'b'],
    ['C', null, 'c', 'd'],
    [null, null, null, null],
  ],
  'G:;': [
    [null, null, 'G', null],
    [null, null, null, null],
  ],
  'G: a@b': [
    [null, null, 'G', null],
    [null, null, 'a', 'b'],
    [null, null, null, null],
  ],
  '=?utf-8?Q?a,b_<c>?= <a@b>': [['=?utf-8?Q?a,b_<c>?=', null, 'a', 'b']],
  '=?utf-8?B?w7w=?= =?utf-8?B?w7w=?= <a@b>': [['=?utf-8?B?w7w=?= =?utf-8?B?w7w=?=', null, 'a', 'b']],
  'caf\xe9 <\xe9@b>': [['caf\xe9', null, '\xe9', 'b']],
  nobody: [[null, null, 'nobody', '']],
  'A <nobody>': [['A', null, 'nobody', '']],
  '<>': [[null, null, '', '']],
  'a@b@c': [[null, null, 'a@b', 'c']],
  '<<a@b>>': [[null, null, 'a', 'b']],
  'A <a@b, c@d': [
    ['A', null, 'a', 'b'],
    [null, null, 'c', 'd'],
  ],
  '"A <a@b>': [[null, null, 'A <a@b>', '']],
  ', ,': undefined,
}

for (const [text, expected] of Object.entries(ADDRESSES)) {
  t.test(`an address list is taken apart: ${JSON.stringify(text)}`, async t => t.strictSame(from(text), expected))
}
