import t from 'tap'
import { findMbsyncAccounts } from '../../../src/profile/migration/mbsync/accounts.ts'
import { parseMbsync } from '../../../src/profile/migration/mbsync/sections.ts'

const CONFIGURATION = `# my mail
Create Near
Sync Pull

IMAPAccount work
Host imap.example.org
User ada@example.org
PassCmd "gpg -d \\"~/my pass\\""
SSLType IMAPS
CertificateFile ~/ca.pem

IMAPStore work-remote
Account work

MaildirStore work-local
Path "~/Mail/my work/"
Inbox ~/Mail/INBOX

Channel work
Far :work-remote:
Near :work-local:
Patterns * !Spam # not that
Sync All

Channel work-again
Master :work-remote:Archive
Slave :work-local:

IMAPStore old
Host mail.old.example
Port 993
user "ada lovelace"
Pass secret

IMAPAccount tunnel
Tunnel "ssh host imapd"
User ada

IMAPAccount odd
Host "[imap].example.org"
UserCmd "echo ada"

IMAPAccount plain
Host 192.0.2.7
Port 1143
User bob
SSLType None
AuthMechs XOAUTH2
`

t.test('accounts are found with their servers and users; what is otherwise here is told', async t => {
  const { accounts, leftOut } = findMbsyncAccounts(parseMbsync(CONFIGURATION))
  t.match(accounts, [
    {
      name: 'work',
      settings: { email: 'ada@example.org', user: undefined, imap: 'imaps://imap.example.org' },
      remarks: [
        /CertificateFile/,
        /channel work takes mailboxes by "\* !Spam"/,
        /one mailbox/,
        /Sync Pull/,
        /does not send/,
      ],
    },
    {
      name: 'plain',
      settings: { user: 'bob', email: undefined, imap: 'imap://192.0.2.7:1143' },
      remarks: [/without encryption/, /XOAUTH2/, /does not send/],
    },
    { name: 'old', settings: { user: 'ada lovelace', imap: 'imaps://mail.old.example:993' } },
  ])
  t.match(leftOut, [
    { what: 'tunnel', why: /Tunnel/ },
    { what: 'odd', why: /UserCmd/ },
  ])
})

t.test('no password and no command for one is kept', async t => {
  const kept = JSON.stringify(parseMbsync(CONFIGURATION).map(({ values }) => [...values]))
  t.notMatch(kept, /secret|gpg/)
})

t.test('settings end at an empty line, keywords have no case, and a broken line is told with its number', async t => {
  const [everywhere, account] = parseMbsync(
    'IMAPACCOUNT a\nHOST h\n#\n  # remark\nuser "a \\"b\\" c"d\\ e\n\nExpunge Both\n',
  )
  t.same(account?.values.get('user'), ['a "b" cd e'])
  t.same(everywhere?.values.get('expunge'), ['Both'], 'a setting between sections holds everywhere')
  for (const line of ['Host "open', 'Host back\\', 'Host a"b']) {
    t.throws(
      () => parseMbsync(`IMAPAccount a\n\n${line}\n`),
      { code: 'PROFILE_IMPORT_INVALID', message: /line 3/ },
      line,
    )
  }
  t.throws(() => parseMbsync('Pass "very secret\n'), { message: /^(?!.*secret)/ })
})

t.test('hostile text is read in one pass', async t => {
  const quotes = `Host ${'"a'.repeat(200_000)}`
  t.equal(parseMbsync(`IMAPAccount a\n${quotes}\n`).length, 2)
  t.throws(() => parseMbsync('IMAPStore\nHost h\nUser u\n'.repeat(40_000)), { message: /more than 1000 sections/ })
  t.equal(parseMbsync(`Host ${'\\\\'.repeat(200_000)} ${' '.repeat(200_000)}#`).length, 1)
})
