import t from 'tap'
import { type CommandCase, checkCases, parseLine } from './command-cases.ts'

const search = (key: unknown) => ({ kind: 'search', isUid: false, key })
const not = (key: unknown) => ({ kind: 'not', key })
const flag = (flag: string) => ({ kind: 'flag', flag })
const date = (of: string, relation: string) => ({ kind: 'date', of, relation, dayMs: Date.UTC(1994, 1, 1) })
const numbers = (messages: string) => ({ kind: 'numbers', messages })
const ALL = { kind: 'all' }
const RECENT = { kind: 'recent' }

const KEYS: readonly CommandCase[] = [
  ['ALL', ALL],
  ['seen', flag('\\Seen')],
  ['UNANSWERED', not(flag('\\Answered'))],
  ['DELETED', flag('\\Deleted')],
  ['UNDRAFT', not(flag('\\Draft'))],
  ['FLAGGED', flag('\\Flagged')],
  ['KEYWORD $Junk', flag('$Junk')],
  ['UNKEYWORD $Junk', not(flag('$Junk'))],
  ['RECENT', RECENT],
  ['OLD', not(RECENT)],
  ['NEW', { kind: 'and', keys: [RECENT, not(flag('\\Seen'))] }],
  ['FROM ada', { kind: 'address', field: 'from', text: 'ada' }],
  ['TO "a b"', { kind: 'address', field: 'to', text: 'a b' }],
  ['CC {1}\r\nx', { kind: 'address', field: 'cc', text: 'x' }],
  ['BCC x', { kind: 'address', field: 'bcc', text: 'x' }],
  ['SUBJECT "\xc3\xbc"', { kind: 'subject', text: 'ü' }],
  ['BODY x', { kind: 'body', text: 'x' }],
  ['TEXT ""', { kind: 'text', text: '' }],
  ['HEADER List-Id ""', { kind: 'header', field: 'List-Id', text: '' }],
  ['BEFORE 1-Feb-1994', date('internal', 'before')],
  ['ON "01-feb-1994"', date('internal', 'on')],
  ['SINCE 1-Feb-1994', date('internal', 'since')],
  ['SENTBEFORE 1-Feb-1994', date('sent', 'before')],
  ['SENTON 1-Feb-1994', date('sent', 'on')],
  ['SENTSINCE 1-Feb-1994', date('sent', 'since')],
  ['SAVEDBEFORE 1-Feb-1994', date('saved', 'before')],
  ['SAVEDON 1-Feb-1994', date('saved', 'on')],
  ['SAVEDSINCE 1-Feb-1994', date('saved', 'since')],
  ['SAVEDATESUPPORTED', { kind: 'save-date-supported' }],
  ['OLDER 60', { kind: 'older', seconds: 60 }],
  ['YOUNGER 1', { kind: 'younger', seconds: 1 }],
  ['LARGER 5000000000', { kind: 'larger', octets: 5_000_000_000 }],
  ['SMALLER 0', { kind: 'smaller', octets: 0 }],
  ['UID 1:*', { kind: 'uids', messages: '1:*' }],
  ['UID $', { kind: 'uids', messages: '$' }],
  ['MODSEQ 0', { kind: 'modseq', modseq: '0n' }],
  ['MODSEQ "/flags/\\\\draft" all 620162338', { kind: 'modseq', modseq: '620162338n' }],
  ['EMAILID M6d99ac3275', { kind: 'email-id', id: 'M6d99ac3275' }],
  ['THREADID T-_1', { kind: 'thread-id', id: 'T-_1' }],
  ['NOT ALL', not(ALL)],
  ['OR ALL NOT RECENT', { kind: 'or', left: ALL, right: not(RECENT) }],
  ['(ALL)', ALL],
  ['((ALL RECENT) ALL)', { kind: 'and', keys: [{ kind: 'and', keys: [ALL, RECENT] }, ALL] }],
  ['ALL RECENT', { kind: 'and', keys: [ALL, RECENT] }],
]

const MALFORMED = [
  '',
  'X',
  'KEYWORD',
  'KEYWORD \\Seen',
  'FROM',
  'FROM "x',
  'SUBJECT "\xfc"',
  'HEADER a:b x',
  'HEADER x',
  'ON 31-Feb-1994',
  'ON "1-Feb-1994',
  'ON 1-Feb-1994"',
  'ON 1-Feb-94',
  'ON yesterday',
  'OLDER 0',
  'OLDER x',
  'LARGER -1',
  'UID',
  'UID x',
  'MODSEQ x',
  'MODSEQ "/flags/a" none 1',
  'EMAILID "x"',
  'NOT',
  'OR ALL',
  '()',
  '(ALL',
  'ALL)',
  'ALL ',
  'CHARSET',
  'CHARSET UTF-8',
  'RETURN (X) ALL',
  'RETURN (ALL)',
]

t.test('every search key is read, alone and in a list', async t => {
  checkCases(
    t,
    KEYS.map(([line, key]) => [`SEARCH ${line}`, search(key)]),
  )
  const [all, ...keys] = [['ALL', ALL] as const, ...KEYS.filter(([line]) => line !== 'ALL RECENT')]
  const [text, inner] = [keys.map(([line]) => line), keys.map(([, key]) => key)]
  t.strictSame(parseLine(`SEARCH (${[all[0], ...text].join(' ')})`), search({ kind: 'and', keys: [ALL, ...inner] }))
  checkCases(
    t,
    MALFORMED.map(line => [`SEARCH ${line}`, 'malformed']),
  )
})

t.test('message numbers are keys', async t => {
  checkCases(t, [
    ['SEARCH 1:5,*', search(numbers('1:5,*'))],
    ['SEARCH $', search(numbers('$'))],
    ['SEARCH NOT (1 $)', search(not({ kind: 'and', keys: [numbers('1'), numbers('$')] }))],
  ])
})

t.test('SEARCH says what to return, and in which charset its texts are', async t => {
  const text = (text: string) => search({ kind: 'text', text })
  checkCases(t, [
    ['SEARCH RETURN () ALL', { ...search(ALL), returns: ['ALL'] }],
    [
      'UID SEARCH RETURN (MIN max COUNT SAVE) ALL',
      { ...search(ALL), isUid: true, returns: ['MIN', 'MAX', 'COUNT', 'SAVE'] },
    ],
    ['SEARCH RETURN (SAVE) CHARSET utf-8 TEXT "\xc3\xbc"', { ...text('ü'), returns: ['SAVE'] }],
    ['SEARCH CHARSET "ISO-8859-1" TEXT "\xfc"', text('ü')],
    ['SEARCH CHARSET US-ASCII TEXT {2}\r\n\xc3\xbc', text('ü')],
    ['SEARCH CHARSET US-ASCII TEXT {1}\r\n\xfc', 'malformed'],
    ['SEARCH CHARSET KLINGON TEXT x', 'unknown-charset'],
  ])
})

t.test('SORT and THREAD are searches with a charset', async t => {
  const sort = { kind: 'sort', isUid: false, key: ALL }
  checkCases(t, [
    ['SORT (DATE) UTF-8 ALL', { ...sort, criteria: [{ key: 'DATE', isReverse: false }] }],
    [
      'UID SORT RETURN (ALL) (reverse SUBJECT ARRIVAL) US-ASCII ALL',
      {
        ...sort,
        isUid: true,
        returns: ['ALL'],
        criteria: [
          { key: 'SUBJECT', isReverse: true },
          { key: 'ARRIVAL', isReverse: false },
        ],
      },
    ],
    ['THREAD references UTF-8 ALL', { kind: 'thread', isUid: false, algorithm: 'REFERENCES', key: ALL }],
    ['UID THREAD ORDEREDSUBJECT UTF-8 ALL', { kind: 'thread', isUid: true, algorithm: 'ORDEREDSUBJECT', key: ALL }],
    ['SORT () UTF-8 ALL', 'malformed'],
    ['SORT (X) UTF-8 ALL', 'malformed'],
    ['SORT (REVERSE) UTF-8 ALL', 'malformed'],
    ['SORT (DATE) ALL', 'malformed'],
    ['SORT DATE UTF-8 ALL', 'malformed'],
    ['THREAD REFERENCES KLINGON ALL', 'unknown-charset'],
    ['THREAD UTF-8', 'malformed'],
  ])
})

t.test('search keys have limits of depth and number', async t => {
  t.not(parseLine(`SEARCH ${'('.repeat(200)}ALL${')'.repeat(200)}`), 'malformed')
  t.not(parseLine(`SEARCH ${'OR ALL '.repeat(200)}ALL`), 'malformed')
  for (const text of [`${'('.repeat(30_000)}`, `${'NOT '.repeat(201)}ALL`, `${'OR '.repeat(15_000)}ALL`]) {
    t.equal(parseLine(`SEARCH ${text}`), 'malformed')
  }
  t.equal(parseLine(`SEARCH ${'ALL '.repeat(2000)}ALL`), 'malformed')
})
