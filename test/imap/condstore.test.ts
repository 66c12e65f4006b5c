import { testTranscripts } from '../support/imap/transcripts.ts'

testTranscripts({
  'CONDSTORE comes with the first command that uses it': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b STORE 1 +FLAGS (\\Answered)
S: * 1 FETCH (FLAGS (\\Seen \\Answered))
S: b OK stored
C: c FETCH 1:* MODSEQ
S: * OK [HIGHESTMODSEQ 5] mod-sequences are told
S: * 1 FETCH (MODSEQ (5))
S: * 2 FETCH (MODSEQ (3))
S: * 3 FETCH (MODSEQ (4))
S: c OK fetched
C: d STORE 1 -FLAGS (\\Answered)
S: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (6))
S: d OK stored
C: e STORE 1 +FLAGS.SILENT (\\Answered)
S: * 1 FETCH (UID 1 MODSEQ (7))
S: e OK stored
C: f SEARCH MODSEQ 4
S: * SEARCH 1 3 (MODSEQ 7)
S: f OK searched
C: g SEARCH MODSEQ 99
S: * SEARCH
S: g OK searched
C: h SEARCH RETURN (COUNT) MODSEQ 4
S: * ESEARCH (TAG "h") COUNT 2 MODSEQ 7
S: h OK searched
<bye>`,
  'SELECT can switch CONDSTORE on, and so can STATUS': `<signed in>
C: a SELECT INBOX (CONDSTORE)
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b STORE 1 +FLAGS (\\Answered)
S: * 1 FETCH (UID 1 FLAGS (\\Seen \\Answered) MODSEQ (5))
S: b OK stored
C: c STATUS INBOX (HIGHESTMODSEQ)
S: * STATUS "INBOX" (HIGHESTMODSEQ 5)
S: c OK that is its status
<bye>`,
  'STORE leaves alone what has changed': `<signed in>
C: a SELECT INBOX (CONDSTORE)
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b STORE 1,3 (UNCHANGEDSINCE 3) +FLAGS (\\Answered)
S: * 1 FETCH (UID 1 FLAGS (\\Seen \\Answered) MODSEQ (5))
S: b OK [MODIFIED 3] some had changed meanwhile
C: c UID STORE 1,3 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\\Answered)
S: c OK [MODIFIED 1,3] some had changed meanwhile
<bye>`,
  'FETCH tells what has changed': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b FETCH 1:* (FLAGS) (CHANGEDSINCE 2)
S: * OK [HIGHESTMODSEQ 4] mod-sequences are told
S: * 2 FETCH (FLAGS () MODSEQ (3))
S: * 3 FETCH (FLAGS (\\Flagged work) MODSEQ (4))
S: b OK fetched
C: c UID FETCH 1:* (FLAGS) (CHANGEDSINCE 2 VANISHED)
S: c BAD QRESYNC was not enabled
C: d FETCH 1 (FLAGS) (CHANGEDSINCE 99)
S: d OK fetched
<bye>`,
  'QRESYNC says VANISHED in the place of EXPUNGE': `<signed in>
C: a ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a OK enabled
C: b SELECT INBOX
<the inbox>
S: b OK [READ-WRITE] the mailbox is open
C: c STORE 1:2 +FLAGS (\\Deleted)
S: * 1 FETCH (UID 1 FLAGS (\\Seen \\Deleted) MODSEQ (5))
S: * 2 FETCH (UID 2 FLAGS (\\Deleted) MODSEQ (6))
S: c OK stored
C: d EXPUNGE
S: * VANISHED 1:2
S: d OK [HIGHESTMODSEQ 8] expunged
C: e UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)
S: * VANISHED (EARLIER) 1:2
S: * 1 FETCH (UID 3 FLAGS (\\Flagged work) MODSEQ (4))
S: e OK fetched
C: f MOVE 1 Sent
S: * OK [COPYUID 7 3 1] moved there
S: * VANISHED 3
S: f OK [HIGHESTMODSEQ 9] moved
<bye>`,
  'QRESYNC brings a client up to date': `<signed in>
C: a ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a OK enabled
C: b SELECT INBOX
<the inbox>
S: b OK [READ-WRITE] the mailbox is open
C: c STORE 2 +FLAGS.SILENT (\\Deleted)
S: * 2 FETCH (UID 2 MODSEQ (5))
S: c OK stored
C: d EXPUNGE
S: * VANISHED 2
S: d OK [HIGHESTMODSEQ 6] expunged
C: e SELECT INBOX (QRESYNC (7 4))
S: * OK [CLOSED] the previous mailbox is closed
S: * 2 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 6] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: * VANISHED (EARLIER) 2
S: e OK [READ-WRITE] the mailbox is open
C: f SELECT INBOX (QRESYNC (7 1 1,3))
S: * OK [CLOSED] the previous mailbox is closed
S: * 2 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 6] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (2))
S: * 2 FETCH (UID 3 FLAGS (\\Flagged work) MODSEQ (4))
S: f OK [READ-WRITE] the mailbox is open
C: g SELECT INBOX (QRESYNC (6 1))
S: * OK [CLOSED] the previous mailbox is closed
S: * 2 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 6] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: g OK [READ-WRITE] the mailbox is open
C: h SELECT INBOX (QRESYNC (7 99))
S: * OK [CLOSED] the previous mailbox is closed
S: * 2 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 6] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: h OK [READ-WRITE] the mailbox is open
<bye>`,
})
