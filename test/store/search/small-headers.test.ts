import t from 'tap'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { findSection } from '../../../src/formats/mail/structure/section.ts'
import { pick, randomSource } from '../../support/model/random.ts'
import { SearchStore } from '../../support/search-store.ts'

const RANDOM = 400
const PIECES = ['a: b', 'Subject: one', '\r\n', '\n', '\r', ' ', 'From: ada@x', '\r\n\r\n', '\n\n', 'body', ':']

const ODD = [
  'Subject: a\r\n\r\nbody\r\n',
  'Subject: a\n\nbody\n',
  '\r\nbody',
  '\nbody',
  'a: b',
  'a: b\r\n',
  'a: b\r\n\nx',
  '',
]

t.test('headers have their blank line, with the index and without', async t => {
  const random = randomSource(Number(process.env.POSTERN_TEST_SEED ?? 1))
  const made = Array.from({ length: RANDOM }, () => Array.from({ length: 8 }, () => pick(random, PIECES)).join(''))
  const messages = [...ODD, ...made].map(text => Buffer.from(text, 'latin1'))
  const expected = messages.map(octets => {
    const { start, end } = findSection(parseMimeTree([octets]), { path: [], text: { kind: 'HEADER' } }) ?? {
      start: 0,
      end: 0,
    }
    return octets.toString('latin1', start, end)
  })
  const store = SearchStore.of(t)
  await store.add(...messages.map(octets => ({ octets })))
  const headers = () =>
    store.reader.smallHeaders(store.inbox, store.uids).map(({ octets }) => octets.toString('latin1'))
  t.same(headers(), expected)
  store.indexSome()
  t.same(headers(), expected, 'the same from the index')
})

t.test('a header that has changed since it was indexed is found out', async t => {
  const store = SearchStore.of(t)
  await store.add('Subject: one\n\nbody\n', 'Subject: two\n\nbody\n')
  store.indexSome()
  store.store.database.exec('UPDATE item SET offset = offset + 1 WHERE local_uid = 1')
  t.same(
    store.reader.smallHeaders(store.inbox, store.uids).map(({ uid }) => uid),
    [2],
  )
})
