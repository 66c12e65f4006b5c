import t from 'tap'
import { checkCases } from './command-cases.ts'

t.test('mailbox names are modified UTF-7, or UTF-8 where the client has asked for it', async t => {
  const selected = { kind: 'select', isReadOnly: false, isCondstore: false }
  checkCases(t, [
    ['SELECT inbox', { ...selected, mailbox: 'INBOX' }],
    ['SELECT "Entw&APw-rfe &- Co"', { ...selected, mailbox: 'Entwürfe & Co' }],
    ['SELECT {4}\r\na/b]', { ...selected, mailbox: 'a/b]' }],
    ['SELECT "\xc3\xbc"', { ...selected, mailbox: '\uf7c3\uf7bc' }],
    ['SELECT a%', 'malformed'],
    ['SELECT a b', 'malformed'],
    ['SELECT', 'malformed'],
    ['CREATE "\xc3\xbc"', 'malformed'],
    ['CREATE &APw', 'malformed'],
    ['CREATE ""', 'malformed'],
    ['RENAME "\xc3\xbc" y', { kind: 'rename', from: '\uf7c3\uf7bc', to: 'y' }],
    ['RENAME y "\xc3\xbc"', 'malformed'],
  ])
  const cases = [
    ['SELECT InBox', { ...selected, mailbox: 'INBOX' }],
    ['SELECT "Entw\xc3\xbcrfe &- Co"', { ...selected, mailbox: 'Entwürfe &- Co' }],
    ['SELECT "\xfc"', 'malformed'],
    ['SELECT "a\tb"', 'malformed'],
    ['CREATE "\xef\x9f\x83"', 'malformed'],
  ] as const
  checkCases(t, cases, true)
})

t.test('folders are made, renamed, deleted and subscribed', async t => {
  checkCases(t, [
    ['CREATE a/', { kind: 'create', mailbox: 'a/', specialUse: [] }],
    ['CREATE a (USE (\\Drafts \\Sent))', { kind: 'create', mailbox: 'a', specialUse: ['\\Drafts', '\\Sent'] }],
    ['CREATE a (USE ())', { kind: 'create', mailbox: 'a', specialUse: [] }],
    ['CREATE a (USE (Drafts))', 'malformed'],
    ['CREATE a (X)', 'malformed'],
    ['DELETE a', { kind: 'delete', mailbox: 'a' }],
    ['SUBSCRIBE a', { kind: 'subscribe', mailbox: 'a' }],
    ['UNSUBSCRIBE a', { kind: 'unsubscribe', mailbox: 'a' }],
    ['GETQUOTAROOT a', { kind: 'getquotaroot', mailbox: 'a' }],
    ['GETQUOTA ""', { kind: 'getquota', root: '' }],
    ['RENAME {1}\r\na {1+}\r\nb', { kind: 'rename', from: 'a', to: 'b' }],
    ['RENAME a', 'malformed'],
  ])
})

t.test('SELECT takes what the client knows', async t => {
  const select = { kind: 'select', isReadOnly: true, mailbox: 'x', isCondstore: false }
  const qresync = { uidValidity: 7, modseq: '90n' }
  checkCases(t, [
    ['EXAMINE x', select],
    ['EXAMINE x (CONDSTORE)', { ...select, isCondstore: true }],
    ['EXAMINE x (QRESYNC (7 90))', { ...select, qresync }],
    ['EXAMINE x (QRESYNC (7 90) CONDSTORE)', { ...select, isCondstore: true, qresync }],
    ['EXAMINE x (QRESYNC (7 90 1:5,9))', { ...select, qresync: { ...qresync, knownUids: '1:5,9' } }],
    [
      'EXAMINE x (QRESYNC (7 90 (1,2 5:6)))',
      { ...select, qresync: { ...qresync, match: { numbers: '1:2', uids: '5:6' } } },
    ],
    [
      'EXAMINE x (QRESYNC (7 90 9 (1 9)))',
      { ...select, qresync: { ...qresync, knownUids: '9', match: { numbers: '1', uids: '9' } } },
    ],
    ['EXAMINE x (QRESYNC (7 90 (1,2 5)))', 'malformed'],
    ['EXAMINE x (QRESYNC (7 90 1:*))', 'malformed'],
    ['EXAMINE x (QRESYNC (7 0))', 'malformed'],
    ['EXAMINE x (QRESYNC (0 1))', 'malformed'],
    ['EXAMINE x (QRESYNC (7 99999999999999999999))', 'malformed'],
    ['EXAMINE x (QRESYNC 7 90)', 'malformed'],
    ['EXAMINE x ()', 'malformed'],
    ['EXAMINE x (NONE)', 'malformed'],
  ])
})

t.test('STATUS asks for counters', async t => {
  checkCases(t, [
    [
      'STATUS INBOX (messages RECENT UIDNEXT UIDVALIDITY UNSEEN)',
      { kind: 'status', mailbox: 'INBOX', items: ['MESSAGES', 'RECENT', 'UIDNEXT', 'UIDVALIDITY', 'UNSEEN'] },
    ],
    [
      'STATUS x (SIZE HIGHESTMODSEQ MAILBOXID DELETED DELETED-STORAGE APPENDLIMIT SIZE)',
      {
        kind: 'status',
        mailbox: 'x',
        items: ['SIZE', 'HIGHESTMODSEQ', 'MAILBOXID', 'DELETED', 'DELETED-STORAGE', 'APPENDLIMIT'],
      },
    ],
    ['STATUS x ()', 'malformed'],
    ['STATUS x MESSAGES', 'malformed'],
    ['STATUS x (X)', 'malformed'],
    ['STATUS x (MESSAGES', 'malformed'],
    ['STATUS x (MESSAGES )', 'malformed'],
  ])
})

t.test('LIST is of the old or the extended form', async t => {
  const list = { kind: 'list', reference: '', isExtended: false, select: [], returns: [], status: [] }
  const extended = { ...list, isExtended: true }
  checkCases(t, [
    ['LIST "" ""', { ...list, patterns: [''] }],
    ['LIST "" *', { ...list, patterns: ['*'] }],
    ['LIST INBOX/ %]', { ...list, reference: 'INBOX/', patterns: ['%]'] }],
    ['LIST "" Entw&APw-*', { ...list, patterns: ['Entwü*'] }],
    ['LIST "" {1}\r\n*', { ...list, patterns: ['*'] }],
    ['LIST "" ("INBOX" Sent/%)', { ...extended, patterns: ['INBOX', 'Sent/%'] }],
    ['LIST () "" *', { ...extended, patterns: ['*'] }],
    [
      'LIST (SUBSCRIBED RECURSIVEMATCH) "" *',
      { ...extended, patterns: ['*'], select: ['SUBSCRIBED', 'RECURSIVEMATCH'] },
    ],
    ['LIST (REMOTE SPECIAL-USE) "" *', { ...extended, patterns: ['*'], select: ['REMOTE', 'SPECIAL-USE'] }],
    [
      'LIST "" % RETURN (SUBSCRIBED children STATUS (MESSAGES UNSEEN) SPECIAL-USE)',
      {
        ...extended,
        patterns: ['%'],
        returns: ['SUBSCRIBED', 'CHILDREN', 'STATUS', 'SPECIAL-USE'],
        status: ['MESSAGES', 'UNSEEN'],
      },
    ],
    ['LIST "" % RETURN ()', { ...extended, patterns: ['%'] }],
    ['LIST (RECURSIVEMATCH) "" *', 'malformed'],
    ['LIST (RECURSIVEMATCH REMOTE) "" *', 'malformed'],
    ['LIST (X) "" *', 'malformed'],
    ['LIST "" () ', 'malformed'],
    ['LIST "" * RETURN', 'malformed'],
    ['LIST "" * RETURN (STATUS)', 'malformed'],
    ['LIST "" * RETURN (STATUS ())', 'malformed'],
    ['LIST ""', 'malformed'],
    ['LIST * ""', 'malformed'],
    ['LSUB "" *', { kind: 'lsub', reference: '', pattern: '*' }],
    ['LSUB "" (*)', 'malformed'],
  ])
})
