import t, { type Test } from 'tap'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import { SEARCHED, type SearchedName } from '../../support/search-messages.ts'
import { SearchStore } from '../../support/search-store.ts'

type Case = readonly [
  kind: 'bcc' | 'body' | 'cc' | 'from' | 'subject' | 'text' | 'to',
  text: string,
  found: SearchedName[],
]

const NAMES = Object.keys(SEARCHED) as SearchedName[]
const CASES: readonly Case[] = [
  ['subject', 'ENGINE', ['plain']],
  ['subject', 'en', ['plain', 'attachment']],
  ['subject', 'ärger', ['encoded words']],
  ['subject', 'a\u0308rger', ['encoded words']],
  ['subject', 'STRASSE in köln', ['encoded words']],
  ['subject', '日本語', ['base64']],
  ['subject', '件名', ['base64']],
  ['subject', '', NAMES],
  ['from', 'jürgen müller', ['encoded words']],
  ['from', 'ADA@EXAMPLE', ['plain']],
  ['from', 'Lovelace <ada@example.test>', ['plain']],
  ['from', 'inner', []],
  ['to', 'carol', ['plain']],
  ['to', 'team', ['plain']],
  ['to', 'dave', []],
  ['cc', 'dave', ['plain']],
  ['bcc', 'dave', []],
  ['body', 'algebraic patterns', ['plain']],
  ['body', '42', ['plain']],
  ['body', 'engine', ['plain']],
  ['body', 'analytical', []],
  ['body', 'grüße', ['quoted-printable', 'decomposed']],
  ['body', 'GRUSSE', ['quoted-printable', 'decomposed']],
  ['body', 'lange zeile ohne', ['quoted-printable']],
  ['body', 'schöne', ['decomposed']],
  ['body', 'cafe\u0301', ['decomposed']],
  ['body', '東京都', ['base64']],
  ['body', '東京', ['base64']],
  ['body', '京', ['base64']],
  ['body', 'カラス', []],
  ['body', 'wörter & bücher', ['html']],
  ['body', 'hidden', []],
  ['body', 'rechnung märz.pdf', ['attachment']],
  ['body', 'forwarded inside', ['attachment']],
  ['text', 'analytical', ['plain']],
  ['text', 'number cruncher', ['plain']],
  ['text', 'inner text', ['attachment']],
  ['text', 'example.test', NAMES],
  ['text', 'nowhere to be found', []],
  ['text', '"ada', ['plain']],
]

function keyOf([kind, text]: Case): SearchKey {
  return kind === 'body' || kind === 'subject' || kind === 'text'
    ? { kind, text }
    : { kind: 'address', field: kind, text }
}

function found(made: SearchStore, key: SearchKey): SearchedName[] {
  return Array.from(made.reader.search(made.inbox, made.uids, key, 0), uid => NAMES[uid - 1] ?? 'plain')
}

async function storeWith(t: Test, padding: number): Promise<SearchStore> {
  const made = SearchStore.of(t)
  await made.add(...Object.values(SEARCHED))
  // Few messages are read without asking the full-text index.
  await made.add(
    ...Array.from({ length: padding }, (_, index) => `From: x@x\nSubject: \n\nfiller ${index}, ${'-'.repeat(index)}\n`),
  )
  return made
}

for (const [name, padding, isIndexed] of [
  ['not indexed', 0, false],
  ['indexed and few', 0, true],
  ['indexed and many', 100, true],
] as const) {
  t.test(`texts are found in any writing: ${name}`, async t => {
    const made = await storeWith(t, padding)
    if (isIndexed) t.equal(made.indexSome(), 0)
    for (const each of CASES) {
      const uids = made.reader.search(made.inbox, made.uids.subarray(0, NAMES.length), keyOf(each), 0)
      const names = Array.from(uids, uid => NAMES[uid - 1])
      t.same(names, each[2], `${each[0]} ${JSON.stringify(each[1])}`)
      if (padding > 0 && each[1] !== '')
        t.same(
          found(made, keyOf(each)).filter((_, at) => at < names.length),
          each[2],
        )
    }
  })
}

t.test('HEADER finds any field, also those that only programs read', async t => {
  const made = await storeWith(t, 100)
  const ask = (field: string, text: string) => found(made, { kind: 'header', field, text })
  for (const isIndexed of [false, true]) {
    if (isIndexed) made.indexSome()
    t.same(ask('Message-ID', '<plain@example.test>'), ['plain'])
    t.same(ask('x-mailer', 'CRUNCHER'), ['plain'])
    t.same(ask('X-Mailer', ''), ['plain'])
    t.same(ask('DKIM-Signature', 'c2lnbmF0dXJl'), ['plain'])
    t.same(ask('DKIM-Signature', ''), ['plain'])
    t.same(ask('Mailer', ''), [])
    t.same(ask('Subject', 'in köln'), ['encoded words'])
  }
})

t.test('of a message of which only the header is here, the header is searched', async t => {
  const made = SearchStore.of(t)
  const octets = 'From: ada@example.test\nSubject: stub\n\n'
  await made.add({ octets, wholeOctets: 1000 })
  const ask = (key: SearchKey) => [...made.reader.search(made.inbox, made.uids, key, 0)]
  for (const isIndexed of [false, true]) {
    if (isIndexed) made.indexSome()
    t.same(ask({ kind: 'text', text: 'stub' }), [1])
    t.same(ask({ kind: 'body', text: 'stub' }), [])
    t.same(ask({ kind: 'larger', octets: 999 }), [1])
    t.match(ask({ kind: 'email-id', id: `E${made.store.read.items(made.inbox).next().value?.id}` }), [1])
    t.match(made.reader.details(made.inbox, made.uids, ['preview']), [{ preview: '' }])
  }
})
