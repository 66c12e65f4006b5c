import fc from 'fast-check'
import t from 'tap'
import { summarizeHeader } from '../../src/formats/mail/header-summary.ts'

const summarize = (text: string) => summarizeHeader(Buffer.from(text))

t.test('what a list shows is read out of a header', async t => {
  t.same(
    summarize(
      'Message-ID:\r\n <a@b>\r\nSubject: =?UTF-8?B?WnByw6F2YQ==?=\r\n =?UTF-8?Q?_x?=\r\nFrom: "A. B" <a@b.c>\r\nDate: Mon, 2 Jan 2006 15:04:05 -0700 (MST)\r\n\r\nSubject: body',
    ),
    { messageId: '<a@b>', subject: 'Zpráva x', from: 'A. B <a@b.c>', dateMs: Date.UTC(2006, 0, 2, 22, 4, 5) },
  )
})

t.test('what is broken or absent is undefined, what has no charset is shown as it can be', async t => {
  t.same(summarize('Date: yesterday\n\n'), {
    messageId: undefined,
    subject: undefined,
    from: undefined,
    dateMs: undefined,
  })
  t.match(summarizeHeader(Buffer.from('Subject: caf\xe9\r\nFrom: a@b.c\r\n\r\n', 'latin1')), {
    subject: 'café',
    from: 'a@b.c',
  })
  t.match(summarize('Subject: =?x-unknown?Q?abc?=\r\n\r\n'), { subject: /abc/ })
  t.equal(summarize(`Subject: ${'x'.repeat(100_000)}\r\n\r\n`).subject?.length, 1000)
})

t.test('no header makes it throw', async t => {
  const part = fc.constantFrom(
    'Subject: ',
    'From: ',
    'Date: ',
    '\r\n',
    '\n',
    '=?utf-8?B?',
    '?=',
    '<',
    '>',
    '"',
    '@',
    ',',
    ':',
    ';',
    '(',
    ' ',
  )
  const noise = fc.uint8Array({ maxLength: 10 }).map(array => Buffer.from(array).toString('latin1'))
  fc.assert(
    fc.property(fc.array(fc.oneof(part, noise), { maxLength: 40 }), parts => {
      summarizeHeader(Buffer.from(parts.join(''), 'latin1'))
    }),
    { numRuns: 5000 },
  )
  t.pass()
})
