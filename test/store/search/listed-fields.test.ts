import t from 'tap'
import { filterHeader } from '../../../src/formats/mail/structure/header-filter.ts'
import { LISTED_FIELDS } from '../../../src/formats/mail/structure/listed-fields.ts'
import type { OctetsPage } from '../../../src/store/search/octets-page.ts'
import { pick, randomSource } from '../../support/model/random.ts'
import { SearchStore } from '../../support/search-store.ts'

const RANDOM = 300
const PIECES = [
  ...['From: ada@x', 'subject : \0\xff\xfe', 'SUBJECT: \xed\xa0\x80', 'Received: from a', 'Subject', 'References:'],
  ...['\r\n', '\r\n', '\n', '\n\t', '\r\n ', '\r', '\r\n\r\n', ' ', ':', '\0', '\xef\xbb\xbf'],
]
const ALL = { kind: 'HEADER.FIELDS', names: [...LISTED_FIELDS] } as const

const textsOf = ({ starts, ends, octets }: OctetsPage) =>
  starts.map((start, index) => Buffer.from(octets.subarray(start, ends[index])).toString('latin1'))

t.test('listed fields are those of the headers, with the index, without it, and in between', async t => {
  const random = randomSource(Number(process.env.POSTERN_TEST_SEED ?? 1))
  const made = Array.from({ length: RANDOM }, () => Array.from({ length: 12 }, () => pick(random, PIECES)).join(''))
  const store = SearchStore.of(t)
  await store.add(...['', '\r\n', ...made].map(text => ({ octets: Buffer.from(text, 'latin1') })))
  const expected = store.reader
    .smallHeaders(store.inbox, store.uids)
    .map(({ octets }) => filterHeader(octets, ALL).toString('latin1'))
  const listed = () => {
    const page = store.reader.listedFields(store.inbox, store.uids)
    t.same(page.uids, [...store.uids])
    t.equal(page.octets.byteLength, page.octets.buffer.byteLength, 'it can move to another thread')
    return textsOf(page).map(text => filterHeader(Buffer.from(text, 'latin1'), ALL).toString('latin1'))
  }
  t.same(listed(), expected, 'without the index')
  store.indexSome(RANDOM / 2)
  t.same(listed(), expected, 'half of them indexed')
  store.indexSome()
  t.same(listed(), expected, 'all of them indexed')
})

t.test('from the index come the listed fields alone, of a header that is filled with them all', async t => {
  const store = SearchStore.of(t)
  const filled = `To: ${'a@x, '.repeat(5000)}b@x\n`
  await store.add('Received: by x\nSubject: one\nX-Spam: no\n\nbody\n', `Received: by y\n${filled}\nbody\n`)
  store.indexSome()
  const texts = textsOf(store.reader.listedFields(store.inbox, store.uids))
  t.equal(texts[0], 'Subject: one\r\n\r\n')
  t.equal(texts[1], `Received: by y\r\n${filled.replace('\n', '\r\n')}\r\n`)
})

t.test('of many headers that are not indexed no more are held than fit', async t => {
  const store = SearchStore.of(t)
  await store.add(...Array.from({ length: 100 }, (_, index) => `Subject: ${index}${'x'.repeat(60_000)}\n\nb\n`))
  const { uids, octets } = store.reader.listedFields(store.inbox, store.uids)
  t.ok(octets.length < 3_000_000, 'the others are read one by one')
  t.same(uids, [...store.uids].slice(0, uids.length))
  t.ok(uids.length > 30)
})
