import t from 'tap'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import { SearchReader } from '../../../src/store/search/search-reader.ts'
import { SearchStore } from '../../support/search-store.ts'

const MESSAGES = 50

async function filled(t: Parameters<typeof SearchStore.of>[0]): Promise<SearchStore> {
  const made = SearchStore.of(t)
  await made.add(...Array.from({ length: MESSAGES }, (_, index) => `From: a@x\nSubject: s${index}\n\nbody ${index}\n`))
  return made
}

/** Keys in keys, as deep as the parser lets them be, so many as it lets there be. */
function hostile(): SearchKey {
  let key: SearchKey = { kind: 'text', text: 'never' }
  for (let depth = 0; depth < 190; depth++) {
    const others = Array.from(
      { length: 9 },
      (_, index): SearchKey => ({ kind: 'text', text: `never ${depth} ${index}` }),
    )
    key = { kind: 'or', left: key, right: { kind: 'and', keys: [{ kind: 'not', key: others[0] ?? key }, ...others] } }
  }
  return key
}

t.test('a search that takes too long is given up with an error of its own', async t => {
  const made = await filled(t)
  let ms = 0
  using reader = SearchReader.open(made.dir, { maxMs: 20, clock: () => ms++ })
  const key: SearchKey = { kind: 'body', text: 'nothing' }
  t.throws(() => reader.search(made.inbox, made.uids, key, 0), { code: 'STORE_SEARCH_TOO_LONG', remedy: 'user' })
  t.same([...reader.search(made.inbox, made.uids, { kind: 'all' }, 0)], [...made.uids], 'the next one begins anew')
})

t.test('two thousand keys, two hundred deep, come to an end', async t => {
  const made = await filled(t)
  t.same([...made.reader.search(made.inbox, made.uids, hostile(), 0)], [])
  made.indexSome()
  t.same([...made.reader.search(made.inbox, made.uids, hostile(), 0)], [])
})

t.test('a message that is as large as one can be is indexed by its beginning', async t => {
  const made = SearchStore.of(t)
  const lines = 'twelve chars\r\n'.repeat(250_000)
  await made.add({ octets: Buffer.from(`From: a@x\r\nSubject: large\r\n\r\nfirst words\r\n${lines}last words\r\n`) })
  const ask = (text: string) => made.reader.search(made.inbox, made.uids, { kind: 'body', text }, 0).length
  for (const isIndexed of [false, true]) {
    if (isIndexed) t.equal(made.indexSome(), 0)
    t.equal(ask('first words'), 1)
    t.equal(ask('twelve chars twelve'), 1)
    t.equal(ask('last words'), 0, 'more than a million characters are not looked through')
  }
})
