import t from 'tap'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import { UidSet } from '../../../src/formats/imap/uid-set.ts'
import { SearchStore } from '../../support/search-store.ts'

const NOW = Date.UTC(2026, 3, 2, 12)

const MESSAGES = [
  // Sent on 31 March by its own word, which is 1 April in UTC.
  {
    flags: ['\\Seen', '$Label1'],
    at: Date.UTC(2026, 2, 31, 23, 59, 59),
    date: 'Tue, 31 Mar 2026 23:30:00 -0500',
    octets: 200,
  },
  { flags: ['\\Flagged', '$Label10'], at: Date.UTC(2026, 3, 1), date: '1 Apr 26 09:00 GMT', octets: 300 },
  { flags: ['\\Seen', '\\Answered', 'NonJunk'], at: NOW - 3600_000, date: 'nonsense', octets: 400 },
  { flags: [], at: NOW, date: 'Thu, 2 Apr 2026 (late) 24:61 +0000', octets: 500 },
]

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const flag = (name: string): SearchKey => ({ kind: 'flag', flag: name })
const date = (of: 'internal' | 'sent' | 'saved', relation: 'before' | 'on' | 'since', on: string): SearchKey => {
  return { kind: 'date', of, relation, dayMs: day(on) }
}

const CASES: readonly [key: SearchKey, uids: number[]][] = [
  [{ kind: 'all' }, [1, 2, 3, 4]],
  [{ kind: 'recent' }, []],
  [flag('\\Seen'), [1, 3]],
  [flag('\\flagged'), [2]],
  [flag('$label1'), [1]],
  [flag('$LABEL10'), [2]],
  [flag('$Label'), []],
  [{ kind: 'not', key: flag('NonJunk') }, [1, 2, 4]],
  [{ kind: 'and', keys: [flag('\\Seen'), { kind: 'not', key: flag('\\Answered') }] }, [1]],
  [{ kind: 'or', left: flag('\\Flagged'), right: flag('\\Answered') }, [2, 3]],
  [date('internal', 'on', '2026-03-31'), [1]],
  [date('internal', 'before', '2026-04-01'), [1]],
  [date('internal', 'since', '2026-04-01'), [2, 3, 4]],
  [date('sent', 'on', '2026-03-31'), [1]],
  [date('sent', 'since', '2026-04-01'), [2, 4]],
  [date('sent', 'before', '2026-04-02'), [1, 2]],
  [date('saved', 'since', '1970-01-01'), [1, 2, 3, 4]],
  [{ kind: 'save-date-supported' }, [1, 2, 3, 4]],
  [{ kind: 'younger', seconds: 3600 }, [4]],
  [{ kind: 'younger', seconds: 3601 }, [3, 4]],
  [{ kind: 'older', seconds: 3600 }, [1, 2, 3]],
  [{ kind: 'larger', octets: 300 }, [3, 4]],
  [{ kind: 'smaller', octets: 300 }, [1]],
  [{ kind: 'uids', messages: { kind: 'numbers', numbers: UidSet.of([2, 4, 9]), fromOrLast: undefined } }, [2, 4]],
  [{ kind: 'thread-id', id: 'T1' }, []],
  [{ kind: 'email-id', id: 'M1' }, []],
]

t.test('flags, dates, sizes and numbers are compared, indexed or not', async t => {
  const made = SearchStore.of(t)
  await made.add(
    ...MESSAGES.map(({ flags, at, date, octets }) => {
      const header = `From: a@x\r\nDate: ${date}\r\n\r\n`
      return { octets: Buffer.from(header.padEnd(octets, '.')), flags, internalDateMs: at }
    }),
  )
  for (const isIndexed of [false, true]) {
    if (isIndexed) t.equal(made.indexSome(), 0)
    for (const [key, uids] of CASES) {
      t.same([...made.reader.search(made.inbox, made.uids, key, NOW)], uids, JSON.stringify(key))
    }
  }
  const [row] = made.store.read.items(made.inbox)
  const id = `E${row?.id}`
  t.same([...made.reader.search(made.inbox, made.uids, { kind: 'email-id', id }, NOW)], [1])
})

t.test('only the messages that are asked for and still there are searched', async t => {
  const made = SearchStore.of(t)
  await made.add('From: a\n\none\n', 'From: a\n\ntwo\n', 'From: a\n\nthree\n')
  const uids = Uint32Array.of(1, 3, 7)
  t.same([...made.reader.search(made.inbox, uids, { kind: 'all' }, NOW)], [1, 3])
  made.store.transact(transactor => transactor.vanish(made.inbox, 1, 3))
  t.same([...made.reader.search(made.inbox, uids, { kind: 'all' }, NOW)], [1])
  t.same([...made.reader.search(made.inbox, new Uint32Array(), { kind: 'all' }, NOW)], [])
  t.same([...made.reader.search(99, uids, { kind: 'all' }, NOW)], [])
})

t.test('what has changed since a mod-sequence is found', async t => {
  const made = SearchStore.of(t)
  await made.add('From: a\n\none\n')
  const modseq = BigInt(made.store.read.mailboxes.snapshot(made.inbox)?.highestModseq ?? 0)
  const ask = (modseq: bigint) => [...made.reader.search(made.inbox, made.uids, { kind: 'modseq', modseq }, NOW)]
  t.same(ask(modseq), [1])
  t.same(ask(modseq + 1n), [])
  t.same(ask(2n ** 63n - 1n), [])
})
