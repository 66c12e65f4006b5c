import { someAccount } from '../support/imap/front.ts'
import { testTranscripts } from '../support/imap/transcripts.ts'

function makeAccount() {
  const account = someAccount()
  const news = account.add('News', 'archive')
  news.isReadOnly = true
  news.put({ flags: ['\\Deleted'] })
  account.add('Shelf').isSelectable = false
  return account
}

testTranscripts(
  {
    'a mailbox that takes no changes is opened read-only, and takes none': `<signed in>
C: a SELECT News
S: * 1 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UNSEEN 1] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 2] the next UID
S: * OK [HIGHESTMODSEQ 2] the latest change
S: * OK [MAILBOXID (F4)] the mailbox itself
S: a OK [READ-ONLY] the mailbox is open
C: b EXPUNGE
S: b NO [NOPERM] the mailbox is open read-only
C: c APPEND News {3+}
C: abc
S: c NO [NOPERM] this mailbox takes no changes
C: d COPY 1 News
S: d NO [NOPERM] this mailbox takes no changes
C: e CLOSE
S: e OK the mailbox is closed
C: f STATUS News (MESSAGES)
S: * STATUS "News" (MESSAGES 1)
S: f OK that is its status
<bye>`,
    'a mailbox that holds no messages is listed, and not opened': `<signed in>
C: a LIST "" S%
S: * LIST (\\HasNoChildren \\Sent) "/" "Sent"
S: * LIST (\\Noselect \\HasNoChildren) "/" "Shelf"
S: a OK those are the mailboxes
C: b SELECT Shelf
S: b NO [CANNOT] this mailbox holds no messages
C: c STATUS Shelf (MESSAGES)
S: c NO [CANNOT] this mailbox holds no messages
C: d APPEND Shelf {3+}
C: abc
S: d NO [CANNOT] this mailbox holds no messages
<bye>`,
  },
  { makeAccount },
)
