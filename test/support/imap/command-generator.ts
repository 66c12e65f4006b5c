import fc from 'fast-check'

const SETS = ['1', '2', '3', '1:*', '*', '2:3', '1,3', '$', '4294967295', '0', '1:', '9', '*:2', '$,1', '1:4294967295']
const MAILBOXES = [
  ...[
    'INBOX',
    'INBOX',
    'Sent',
    '"inbox"',
    'nope',
    'new',
    'new/below',
    '""',
    'Projects/2026/B&APw-ro',
    '&AGE-',
    '"a\\"b"',
  ],
  ...['{5+}\r\nINBOX', '{4}\r\nSent', '{3+}\r\na\0b', '"\xc3\xbc"', '"INBOX', 'NIL', '*', 'x{3}y', '{70000}', '"a%"'],
]
const FLAGS = ['(\\Seen)', '(\\Deleted)', '\\Deleted', '()', '(work \\Flagged)', '(\\Recent)', '(\\Seen', '(\\Foo)']
const ITEMS = [
  ...[
    'FLAGS',
    '(UID FLAGS)',
    'UID',
    'ALL',
    'FULL',
    'FAST',
    'BODY',
    'BODYSTRUCTURE',
    'ENVELOPE',
    '(UID MODSEQ)',
    'BODY[]',
  ],
  ...[
    'BODY[TEXT]<0.5>',
    'BODY.PEEK[HEADER.FIELDS (SUBJECT "X y")]',
    'BODY[1]',
    'BINARY[1]',
    'BINARY.SIZE[1]',
    'RFC822',
  ],
  ...[
    '(PREVIEW (LAZY) UID)',
    'BODY[1.2.3.MIME]',
    'BODY[HEADER.FIELDS (',
    'FLAGS (CHANGEDSINCE 3)',
    '(EMAILID THREADID)',
  ],
  ...['(UID FLAGS) (CHANGEDSINCE 1 VANISHED)', 'BODY[]<9999999999.1>', '(SAVEDATE INTERNALDATE RFC822.SIZE)', '()'],
]
const LIST_ENDS = [
  ...['"" *', '"" %', '"" ""', '(SUBSCRIBED RECURSIVEMATCH) "" %', '(SPECIAL-USE) "" *', '"" (INBOX Se%)', '"" ('],
  ...['"" % RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES HIGHESTMODSEQ SIZE))', '(RECURSIVEMATCH) "" *', 'Projects/ %'],
]
const SEARCH_WORDS = [
  ...[
    'ALL',
    'SEEN',
    'UNSEEN',
    'DELETED',
    'KEYWORD work',
    'SUBJECT a',
    'SUBJECT {1+}\r\na',
    'MODSEQ 3',
    'UID 2:*',
    '1:2',
    '$',
  ],
  ...['BEFORE 1-Jan-2026', 'HEADER Subject ""', 'LARGER 20', 'NONSENSE', 'OLDER 1', 'TEXT "', '*', '9', 'NEW'],
]
const SEARCH_STARTS = [
  ...[
    '',
    '',
    '',
    'RETURN (SAVE) ',
    'RETURN (MIN MAX COUNT ALL) ',
    'RETURN () ',
    'RETURN (SAVE COUNT) ',
    'CHARSET UTF-8 ',
  ],
  ...['CHARSET X-NONE ', 'RETURN (SAVE) CHARSET X-NONE '],
]
const SELECT_ENDS = [
  '',
  '',
  '',
  ' (CONDSTORE)',
  ' (QRESYNC (7 1))',
  ' (QRESYNC (7 3 1:2 (1 1)))',
  ' ()',
  ' (QRESYNC (7 0))',
]
const BARE = [
  ...[
    'NOOP',
    'NOOP',
    'CHECK',
    'CAPABILITY',
    'NAMESPACE',
    'EXPUNGE',
    'EXPUNGE',
    'CLOSE',
    'UNSELECT',
    'ID NIL',
    'NOOP now',
  ],
  ...[
    'IDLE\r\nDONE',
    'IDLE\r\nSTOP',
    'GETQUOTAROOT INBOX',
    'GETQUOTA ""',
    'FOO',
    'UID',
    'STARTTLS',
    'LOGIN ada x',
    '\0',
  ],
  ...[
    'ENABLE CONDSTORE',
    'ENABLE QRESYNC',
    'ENABLE IMAP4rev2',
    'ENABLE UTF8=ACCEPT',
    'AUTHENTICATE PLAIN\r\n*',
    'LOGOUT',
  ],
  ...['NOTIFY NONE', 'LIST', 'APPEND', 'FETCH', 'UID EXPUNGE 1:*', 'UID EXPUNGE 2'],
]
const APPENDS = [
  ...[
    '{3+}\r\nabc',
    '(\\Seen) {3+}\r\nabc',
    '"01-Feb-2026 03:04:05 +0000" {3}\r\nabc',
    '{3+}\r\nabc {3+}\r\ndef',
    '{0+}\r\n',
  ],
  ...[
    '~{3+}\r\na\0c',
    '{3+}\r\nabc x',
    'UTF8 (~{3+}\r\nabc)',
    '(\\Recent) {3+}\r\nabc',
    '{1001+}\r\n'.concat('x'.repeat(1001)),
  ],
]
const FILTERS = [
  ...['selected', 'selected', 'selected-delayed', 'personal', 'inboxes', 'subscribed', 'mailboxes Sent', 'subtree new'],
  ...['mailboxes (INBOX "Sent" {3+}\r\nnew)', 'subtree (Projects new)', 'mailboxes ()', 'others', 'mailboxes &AGE-'],
]
const EVENTS = [
  ...[
    '(MessageNew MessageExpunge)',
    '(MessageNew MessageExpunge FlagChange)',
    '(MessageNew (UID FLAGS) MessageExpunge)',
  ],
  ...[
    '(MessageNew (BODY[TEXT] PREVIEW) MessageExpunge FlagChange)',
    '(MailboxName SubscriptionChange)',
    'NONE',
    'NONE',
  ],
  ...['(MessageNew MessageExpunge MailboxName)', '(FlagChange)', '(Rain)', '(AnnotationChange)', '()', 'MailboxName'],
]

const from = (words: readonly string[]) => fc.constantFrom(...words)
const maybeUid = fc.constantFrom('', 'UID ')

/** Keys in keys, as deep as a client may dare, and deeper. */
const key = fc.letrec<{ key: string }>(tie => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    from(SEARCH_WORDS),
    tie('key').map(inner => `NOT ${inner}`),
    fc.tuple(tie('key'), tie('key')).map(([left, right]) => `OR ${left} ${right}`),
    fc.tuple(tie('key'), tie('key')).map(([left, right]) => `(${left} ${right})`),
    fc.nat(300).map(depth => `${'('.repeat(depth)}ALL${')'.repeat(depth)}`),
    fc.nat(300).map(depth => `${'NOT '.repeat(depth)}SEEN`),
  ),
})).key

const searching = fc
  .tuple(maybeUid, from(SEARCH_STARTS), key)
  .map(([uid, start, search]) => `${uid}SEARCH ${start}${search}`)
const sorting = fc
  .tuple(
    maybeUid,
    from(['SORT (SUBJECT) UTF-8', 'SORT (REVERSE SIZE) UTF-8', 'THREAD REFERENCES UTF-8', 'SORT () X']),
    key,
  )
  .map(([uid, start, search]) => `${uid}${start} ${search}`)
const fetching = fc.tuple(maybeUid, from(SETS), from(ITEMS)).map(([uid, set, items]) => `${uid}FETCH ${set} ${items}`)
const storing = fc
  .tuple(
    maybeUid,
    from(SETS),
    from(['', '', '(UNCHANGEDSINCE 3) ', '(UNCHANGEDSINCE) ']),
    from(['+', '-', '', '*']),
    from(FLAGS),
  )
  .chain(([uid, set, since, action, flags]) =>
    from(['FLAGS', 'FLAGS.SILENT']).map(item => `${uid}STORE ${set} ${since}${action}${item} ${flags}`),
  )
const copying = fc
  .tuple(maybeUid, from(['COPY', 'MOVE']), from(SETS), from(MAILBOXES))
  .map(([uid, name, set, mailbox]) => `${uid}${name} ${set} ${mailbox}`)
const ofMailboxes = fc
  .tuple(
    from(['CREATE', 'DELETE', 'SUBSCRIBE', 'UNSUBSCRIBE', 'STATUS', 'RENAME Sent', 'RENAME INBOX']),
    from(MAILBOXES),
  )
  .map(([name, mailbox]) => `${name} ${mailbox}${name === 'STATUS' ? ' (MESSAGES UIDNEXT HIGHESTMODSEQ SIZE)' : ''}`)
const listing = fc.tuple(from(['LIST', 'LSUB']), from(LIST_ENDS)).map(words => words.join(' '))
const opening = fc
  .tuple(from(['SELECT', 'EXAMINE', 'SELECT']), from(MAILBOXES), from(SELECT_ENDS))
  .map(([name, mailbox, end]) => `${name} ${mailbox}${end}`)
const appending = fc.tuple(from(MAILBOXES), from(APPENDS)).map(words => `APPEND ${words.join(' ')}`)
const notifying = fc
  .tuple(from(['SET', 'SET', 'SET STATUS', 'SOME']), fc.array(fc.tuple(from(FILTERS), from(EVENTS)), { maxLength: 3 }))
  .map(([start, groups]) => `NOTIFY ${[start, ...groups.map(words => `(${words.join(' ')})`)].join(' ')}`)

/** Commands without their tag, right and half right, with all that belongs to them up to the line end. */
export const someCommand: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: from(BARE), weight: 4 },
  { arbitrary: fetching, weight: 4 },
  { arbitrary: storing, weight: 4 },
  { arbitrary: opening, weight: 3 },
  { arbitrary: searching, weight: 3 },
  { arbitrary: copying, weight: 3 },
  { arbitrary: appending, weight: 2 },
  { arbitrary: notifying, weight: 2 },
  { arbitrary: ofMailboxes, weight: 2 },
  { arbitrary: listing, weight: 1 },
  { arbitrary: sorting, weight: 1 },
)
