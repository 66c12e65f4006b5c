import t from 'tap'
import type { SortCriterion } from '../../../src/formats/imap/command/arguments/search.ts'
import { SearchStore } from '../../support/search-store.ts'

const MESSAGES = [
  {
    subject: 'Re: beta',
    from: 'Zoë <bob@x>',
    to: 'Team: a@x;',
    cc: 'q@x',
    date: 'Wed, 1 Apr 2026 12:00:00 +0200',
    at: 5000,
  },
  { subject: 'Alpha', from: 'Ada <carol@x>', to: 'zed@x', cc: 'p@x', date: 'Wed, 1 Apr 2026 11:00:00 +0000', at: 4000 },
  { subject: '[list] BETA (fwd)', from: 'alice@x', to: 'Yves <yves@x>', cc: 'P@x', date: 'broken', at: 3000 },
  {
    subject: 'gamma',
    from: 'Äda <alice@x>',
    to: 'Bert <zed@x>',
    cc: 'o@x',
    date: 'Wed, 1 Apr 2026 09:59 GMT',
    at: 3000,
  },
]

const ASCENDING: readonly [keys: SortCriterion['key'][], uids: number[]][] = [
  [['ARRIVAL'], [3, 4, 2, 1]],
  [['DATE'], [3, 4, 1, 2]],
  [['SIZE'], [2, 3, 4, 1]],
  [['SUBJECT'], [2, 1, 3, 4]],
  [['FROM'], [3, 4, 1, 2]],
  [['TO'], [1, 3, 2, 4]],
  [['CC'], [4, 2, 3, 1]],
  [['DISPLAYFROM'], [2, 4, 3, 1]],
  [['DISPLAYTO'], [4, 1, 3, 2]],
  [
    ['FROM', 'SIZE'],
    [3, 4, 1, 2],
  ],
  [
    ['SUBJECT', 'ARRIVAL'],
    [2, 3, 1, 4],
  ],
]

async function filled(t: Parameters<typeof SearchStore.of>[0]): Promise<SearchStore> {
  const made = SearchStore.of(t)
  const octets = [400, 100, 200, 300]
  await made.add(
    ...MESSAGES.map(({ subject, from, to, cc, date, at }, index) => {
      const header = `Subject: ${subject}\r\nFrom: ${from}\r\nTo: ${to}\r\nCc: ${cc}\r\nDate: ${date}\r\n\r\n`
      return { octets: Buffer.from(header + '.'.repeat(octets[index] ?? 0)), internalDateMs: at }
    }),
  )
  return made
}

t.test('messages are sorted by each criterion, indexed or not', async t => {
  const made = await filled(t)
  const search = { folder: made.inbox, uids: made.uids, key: { kind: 'all' }, now: 0 } as const
  const sort = (keys: readonly SortCriterion[]) => [...made.reader.sort(search, keys)]
  for (const isIndexed of [false, true]) {
    if (isIndexed) t.equal(made.indexSome(), 0)
    for (const [keys, uids] of ASCENDING) {
      t.same(sort(keys.map(key => ({ key, isReverse: false }))), uids, keys.join(' '))
    }
    t.same(sort([{ key: 'SUBJECT', isReverse: true }]), [4, 1, 3, 2], 'what is equal stays in order')
    t.same(
      sort([
        { key: 'SUBJECT', isReverse: false },
        { key: 'SIZE', isReverse: true },
      ]),
      [2, 1, 3, 4],
    )
  }
})

t.test('only what matches is sorted', async t => {
  const made = await filled(t)
  const key = { kind: 'subject', text: 'beta' } as const
  const found = made.reader.sort({ folder: made.inbox, uids: made.uids, key, now: 0 }, [
    { key: 'ARRIVAL', isReverse: false },
  ])
  t.same([...found], [3, 1])
})
