import t from 'tap'
import { baseSubject } from '../../../src/formats/mail/text/base-subject.ts'
import { foldText } from '../../../src/formats/mail/text/folded-text.ts'
import { parseSentDate } from '../../../src/formats/mail/text/sent-date.ts'

// RFC 5256 section 2.1.
const SUBJECTS: readonly [text: string, base: string, isReply: boolean][] = [
  ['news', 'news', false],
  ['Re: news', 'news', true],
  ['RE :  Fwd: fw:news', 'news', true],
  ['Re[2]: news', 'news', true],
  ['Re [2]: news', 'news', true],
  ['[list] news', 'news', false],
  ['[list] [other] Re: news', 'news', true],
  ['[list]', '[list]', false],
  ['Re: [list]', '[list]', true],
  ['news (fwd) (FWD) ', 'news', true],
  ['[Fwd: [list] Re: news (fwd)]', 'news', true],
  ['Re:', '', true],
  ['  many \t blanks\r\n here', 'many blanks here', false],
  ['return: of', 'return: of', false],
  ['', '', false],
]

// RFC 5322 sections 3.3 and 4.3.
const DATES: readonly [text: string, at: string | undefined, day?: string][] = [
  ['Tue, 31 Mar 2026 23:30:00 -0500', '2026-04-01T04:30:00Z', '2026-03-31'],
  ['1 Apr 2026 01:00 +0200', '2026-03-31T23:00:00Z', '2026-04-01'],
  ['Thu, 01 Jan 70 00:00:00 GMT', '1970-01-01T00:00:00Z', '1970-01-01'],
  ['Sat, 3 Mar 01 10:00 EST', '2001-03-03T15:00:00Z', '2001-03-03'],
  ['Thu, 2 Apr 2026 (a (b) c) 10:00:00 +0000 (UTC)', '2026-04-02T10:00:00Z', '2026-04-02'],
  ['Thu, 2 Apr 2026 25:00:00 +0000', '2026-04-02T00:00:00Z', '2026-04-02'],
  ['2 Apr 2026', '2026-04-02T00:00:00Z', '2026-04-02'],
  ['2-Apr-2026 10:00:00', '2026-04-02T10:00:00Z', '2026-04-02'],
  ['Thursday, 2 April 2026 10:00:00 ZZZ', '2026-04-02T10:00:00Z', '2026-04-02'],
  ['32 Apr 2026', undefined],
  ['1 Foo 2026', undefined],
  ['yesterday', undefined],
  ['', undefined],
]

t.test('a base subject is what is left without Re, Fwd and names of lists', async t => {
  for (const [text, subject, isReply] of SUBJECTS) {
    t.same(baseSubject(text), { subject, isReply }, JSON.stringify(text))
  }
})

t.test('hostile subjects take no time', async t => {
  for (const part of ['re:', '[a]', '[', '[fwd:', '(fwd)', ' ']) {
    const start = performance.now()
    baseSubject(part.repeat(100_000))
    t.ok(performance.now() - start < 1000, part)
  }
})

t.test('dates are read as they are written', async t => {
  for (const [text, at, day] of DATES) {
    const date = parseSentDate(text)
    t.equal(date && new Date(date.ms).toISOString().replace('.000Z', 'Z'), at, text)
    if (day) t.equal(date && new Date(date.dayMs).toISOString().slice(0, 10), day, text)
  }
})

t.test('texts that people take for the same are folded into one', async t => {
  const same = [
    ['Straße', 'STRASSE'],
    ['Müller', 'mu\u0308ller', 'MULLER'],
    ['ΟΔΥΣΣΕΎΣ', 'οδυσσεύς'],
    ['ガ', 'カ\u3099', 'ｶﾞ'],
    ['a\r\n\t b', 'a b', 'a\u00a0b'],
    ['soft\u00adhyphen', 'softhyphen'],
    ['ﬁle', 'file'],
  ]
  for (const [first = '', ...others] of same)
    for (const other of others) t.equal(foldText(other), foldText(first), first)
  t.not(foldText('ガ'), foldText('カ'))
  t.notOk(/[\0-\x1f]/.test(foldText('a\0b\nc\u0085d')))
})
