import t, { type Test } from 'tap'
import type { Thread } from '../../../src/store/search/query/threads.ts'
import { SearchStore } from '../../support/search-store.ts'

interface Given {
  readonly id?: string
  readonly subject?: string
  readonly references?: string
  readonly inReplyTo?: string
  /** In hours, when it was sent. */
  readonly hour?: number
}

/** Writes threads as the THREAD response has them (RFC 5256 section 4). */
function show(threads: readonly Thread[]): string {
  const inner = ({ uids, branches }: Thread): string =>
    [...uids, ...branches.map(branch => `(${inner(branch)})`)].join(' ')
  return threads.map(thread => `(${inner(thread).replaceAll(') (', ')(')})`).join('')
}

async function threadsOf(t: Test, given: readonly Given[]): Promise<string> {
  const made = SearchStore.of(t)
  await made.add(
    ...given.map(({ id, subject = '', references, inReplyTo, hour }, index) => {
      const fields = [
        `Date: Thu, 1 Jan 2026 ${String(hour ?? index).padStart(2, '0')}:00:00 +0000`,
        `Subject: ${subject}`,
        ...(id === undefined ? [] : [`Message-ID: ${id}`]),
        ...(references === undefined ? [] : [`References: ${references}`]),
        ...(inReplyTo === undefined ? [] : [`In-Reply-To: ${inReplyTo}`]),
      ]
      return `${fields.join('\n')}\n\n${index}\n`
    }),
  )
  const search = { folder: made.inbox, uids: made.uids, key: { kind: 'all' }, now: 0 } as const
  const scanned = show(made.reader.threads(search))
  made.indexSome()
  t.equal(show(made.reader.threads(search)), scanned, 'indexed or not')
  return scanned
}

const CASES: readonly [name: string, given: Given[], threads: string][] = [
  ['no messages', [], ''],
  ['messages that have nothing to do with each other', [{ id: '<a>' }, { id: '<b>' }], '(1)(2)'],
  [
    'answers to answers',
    [{ id: '<a>' }, { id: '<b>', references: '<a>' }, { id: '<c>', references: '<a> <b>' }],
    '(1 2 3)',
  ],
  [
    'several answers to one message, in the order in which they were sent',
    [
      { id: '<a>' },
      { id: '<b>', references: '<a>', hour: 5 },
      { id: '<c>', references: '<a>', hour: 3 },
      { references: '<c>' },
    ],
    '(1 (3 4)(2))',
  ],
  [
    'answers to a message that is not there',
    [
      { id: '<b>', references: '<a>' },
      { id: '<c>', references: '<a>' },
    ],
    '((1)(2))',
  ],
  ['one answer to a message that is not there', [{ id: '<c>', references: '<a> <b>' }], '(1)'],
  [
    'a message missing in between',
    [{ id: '<a>' }, { id: '<c>', references: '<a> <b>' }, { id: '<d>', references: '<a> <b>' }],
    '(1 (2)(3))',
  ],
  ['In-Reply-To where there are no References', [{ id: '<a>' }, { id: '<b>', inReplyTo: 'yours <a> <z>' }], '(1 2)'],
  ['an answer that came before what it answers', [{ id: '<b>', references: '<a>' }, { id: '<a>' }], '(2 1)'],
  ['an id that is quoted', [{ id: '<"a b"@x>' }, { id: '<b>', references: '<ab@x>' }], '(1 2)'],
  ['two messages with one id', [{ id: '<a>' }, { id: '<a>' }, { references: '<a>' }], '(1 3)(2)'],
  [
    'messages that answer each other',
    [
      { id: '<a>', references: '<b>' },
      { id: '<b>', references: '<a>' },
    ],
    '(2 1)',
  ],
  ['a message that answers itself', [{ id: '<a>', references: '<a>' }], '(1)'],
  [
    'a parent that its own References name, against what others said',
    [{ id: '<c>', references: '<a> <b>' }, { id: '<b>', references: '<z>' }, { id: '<z>' }, { id: '<a>' }],
    '(3 2 1)(4)',
  ],
  [
    'an answer without References belongs to the message with its subject',
    [
      { id: '<a>', subject: 'news' },
      { id: '<b>', subject: 'Re: [list] NEWS (fwd)' },
    ],
    '(1 2)',
  ],
  [
    'an answer that comes first',
    [
      { id: '<b>', subject: 'Re: news' },
      { id: '<a>', subject: 'news' },
    ],
    '(2 1)',
  ],
  [
    'messages with one subject are siblings',
    [
      { id: '<a>', subject: 'news' },
      { id: '<b>', subject: 'news' },
      { id: '<c>', subject: 'news' },
    ],
    '((1)(2)(3))',
  ],
  [
    'answers alone are siblings',
    [
      { id: '<a>', subject: 'Re: news' },
      { id: '<b>', subject: 'Re: news' },
    ],
    '((1)(2))',
  ],
  [
    'threads without their first messages are joined by subject',
    [
      { references: '<x>', subject: 'Re: news' },
      { references: '<x>', subject: 'Re: news' },
      { references: '<y>', subject: 'Re: news' },
      { references: '<y>', subject: 'Re: news' },
      { subject: 'Re: news' },
    ],
    '((1)(2)(3)(4)(5))',
  ],
  ['messages without a subject are not joined', [{ id: '<a>' }, { id: '<b>', subject: 'Re:' }], '(1)(2)'],
  [
    'the threads themselves are in the order in which they were sent',
    [
      { subject: 'c', hour: 9 },
      { subject: 'b', hour: 2 },
      { subject: 'Re: c', hour: 1 },
    ],
    '(2)(1 3)',
  ],
]

for (const [name, given, threads] of CASES) {
  t.test(`threads: ${name}`, async t => t.equal(await threadsOf(t, given), threads))
}

t.test('threads that are as deep as somebody wants them to be come to an end', async t => {
  const made = SearchStore.of(t)
  const count = 600
  // Each message has two answers, one of which goes on.
  await made.add(
    ...Array.from({ length: count }, (_, index) => {
      const parent = index === 0 ? '' : `References: <${2 * Math.floor((index - 1) / 2)}@x>\n`
      return `Message-ID: <${index}@x>\nSubject: s\n${parent}\n\n${index}\n`
    }),
  )
  const threads = made.reader.threads({ folder: made.inbox, uids: made.uids, key: { kind: 'all' }, now: 0 })
  const uidsOf = ({ uids, branches }: Thread): number[] => [...uids, ...branches.flatMap(uidsOf)]
  t.equal(threads.length, 1)
  t.same(
    threads.flatMap(uidsOf).sort((left, right) => left - right),
    [...made.uids],
  )
  const depthOf = ({ branches }: Thread): number => 1 + Math.max(0, ...branches.map(depthOf))
  t.ok(depthOf(threads[0] ?? { uids: [], branches: [] }) <= 101)
})
