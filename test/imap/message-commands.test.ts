import { testTranscripts } from '../support/imap/transcripts.ts'

testTranscripts({
  'flags are stored, and told once': `<signed in>
C: a EXAMINE Sent
S: * 0 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 1] the next UID
S: * OK [HIGHESTMODSEQ 1] the latest change
S: * OK [MAILBOXID (F2)] the mailbox itself
S: a OK [READ-ONLY] the mailbox is open
C: b SELECT INBOX
S: * OK [CLOSED] the previous mailbox is closed
<the inbox>
S: b OK [READ-WRITE] the mailbox is open
C: c STORE 1:2 +FLAGS (\\Answered)
S: * 1 FETCH (FLAGS (\\Seen \\Answered))
S: * 2 FETCH (FLAGS (\\Answered))
S: c OK stored
C: d STORE 1 +FLAGS.SILENT (\\Deleted)
S: d OK stored
C: e STORE 1 +FLAGS (\\Deleted)
S: * 1 FETCH (FLAGS (\\Seen \\Answered \\Deleted))
S: e OK stored
C: f UID STORE 2 FLAGS (\\Deleted home)
S: * 2 FETCH (UID 2 FLAGS (\\Deleted home))
S: f OK stored
C: g STORE 2 -FLAGS home
S: * 2 FETCH (FLAGS (\\Deleted))
S: g OK stored
C: h STORE 1:* FLAGS.SILENT ()
S: h OK stored
C: i STORE 9 FLAGS ()
S: i BAD there is no message of that number
C: j NOOP
S: j OK nothing done
<bye>`,
  'deleted messages go, and numbers with them': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b STORE 1:3 +FLAGS.SILENT (\\Deleted)
S: b OK stored
C: c UID EXPUNGE 2
S: * 2 EXPUNGE
S: c OK expunged
C: d FETCH 1:2 UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 3)
S: d OK fetched
C: e EXPUNGE
S: * 2 EXPUNGE
S: * 1 EXPUNGE
S: e OK expunged
C: f FETCH 1 UID
S: f BAD there is no message of that number
C: g UID FETCH 1:* UID
S: g OK fetched
<bye>`,
  'CLOSE removes in silence, UNSELECT does not': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b STORE 2 +FLAGS.SILENT (\\Deleted)
S: b OK stored
C: c UNSELECT
S: c OK the mailbox is closed
C: d STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 3)
S: d OK that is its status
C: e EXAMINE INBOX
S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 5] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: e OK [READ-ONLY] the mailbox is open
C: f CLOSE
S: f OK the mailbox is closed
C: g STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 3)
S: g OK that is its status
C: h SELECT INBOX
S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 5] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: h OK [READ-WRITE] the mailbox is open
C: i CLOSE
S: i OK the mailbox is closed
C: j STATUS INBOX (MESSAGES)
S: * STATUS "INBOX" (MESSAGES 2)
S: j OK that is its status
<bye>`,
  'messages are copied and moved': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b COPY 1,3 Sent
S: b OK [COPYUID 7 1,3 1:2] copied
C: c UID COPY 7 Sent
S: c OK nothing to copy
C: d COPY 1 nope
S: d NO [TRYCREATE] there is no such mailbox
C: e COPY 1 INBOX
S: * 4 EXISTS
S: e OK [COPYUID 7 1 4] copied
C: f MOVE 2:3 Sent
S: * OK [COPYUID 7 2:3 3:4] moved there
S: * 3 EXPUNGE
S: * 2 EXPUNGE
S: f OK moved
C: g UID MOVE 7 Sent
S: g OK nothing to move
C: h MOVE 1 nope
S: h NO [TRYCREATE] there is no such mailbox
<bye>`,
  'a mailbox that was opened by EXAMINE stays as it is': `<signed in>
C: a EXAMINE INBOX
S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 4] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself
S: a OK [READ-ONLY] the mailbox is open
C: b STORE 1 FLAGS ()
S: b NO [NOPERM] the mailbox is open read-only
C: c EXPUNGE
S: c NO [NOPERM] the mailbox is open read-only
C: d MOVE 1 Sent
S: d NO [NOPERM] the mailbox is open read-only
C: e COPY 1 Sent
S: e OK [COPYUID 7 1 1] copied
C: f FETCH 1 BODY[]
S: * 1 FETCH (BODY[] {19}
S: Subject: b
S: 
S: one
S: )
S: f OK fetched
C: g FETCH 2 (FLAGS)
S: * 2 FETCH (FLAGS ())
S: g OK fetched
<bye>`,
  'reading a message makes it seen, peeking does not': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b FETCH 2 BODY.PEEK[]
S: * 2 FETCH (BODY[] {26}
S: Subject: a
S: 
S: the second
S: )
S: b OK fetched
C: c FETCH 2 (UID BODY[])
S: * 2 FETCH (UID 2 FLAGS (\\Seen) BODY[] {26}
S: Subject: a
S: 
S: the second
S: )
S: * 2 FETCH (FLAGS (\\Seen))
S: c OK fetched
C: d FETCH 2 FLAGS
S: * 2 FETCH (FLAGS (\\Seen))
S: d OK fetched
<bye>`,
  'messages are searched for': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b SEARCH FLAGGED
S: * SEARCH 3
S: b OK searched
C: c UID SEARCH UNSEEN
S: * SEARCH 2 3
S: c OK searched
C: d SEARCH RETURN (MIN MAX COUNT ALL) 1:*
S: * ESEARCH (TAG "d") MIN 1 MAX 3 ALL 1:3 COUNT 3
S: d OK searched
C: e UID SEARCH RETURN (COUNT) SUBJECT nothing
S: * ESEARCH (TAG "e") UID COUNT 0
S: e OK searched
C: f SEARCH OR 1 UID 3
S: * SEARCH 1 3
S: f OK searched
C: g SEARCH NOT 2
S: * SEARCH 1 3
S: g OK searched
C: h SEARCH 17
S: h BAD there is no message of that number
C: i SEARCH CHARSET X-NONE SUBJECT a
S: i NO [BADCHARSET] the charset is unknown
C: j SEARCH SUBJECT nothing
S: * SEARCH
S: j OK searched
<bye>`,
  'what a search has found can be used': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b SEARCH RETURN (SAVE) 2:3
S: b OK searched
C: c FETCH $ UID
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: c OK fetched
C: d SEARCH RETURN (SAVE COUNT) $ FLAGGED
S: * ESEARCH (TAG "d") COUNT 1
S: d OK searched
C: e STORE $ +FLAGS (\\Deleted)
S: * 3 FETCH (FLAGS (\\Flagged \\Deleted work))
S: e OK stored
C: f EXPUNGE
S: * 3 EXPUNGE
S: f OK expunged
C: g UID FETCH $ FLAGS
S: g OK fetched
C: h SEARCH RETURN (SAVE MIN) ALL
S: * ESEARCH (TAG "h") MIN 1
S: h OK searched
C: i FETCH $ UID
S: * 1 FETCH (UID 1)
S: i OK fetched
<bye>`,
  'messages are sorted and threaded': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b SORT (SUBJECT) UTF-8 ALL
S: * SORT 2 1 3
S: b OK sorted
C: c UID SORT (REVERSE SIZE SUBJECT) UTF-8 NOT FLAGGED
S: * SORT 2 1
S: c OK sorted
C: d SORT RETURN (ALL COUNT MIN) (REVERSE SUBJECT) UTF-8 ALL
S: * ESEARCH (TAG "d") MIN 3 ALL 3,1:2 COUNT 3
S: d OK sorted
C: e THREAD REFERENCES UTF-8 ALL
S: * THREAD
S: e OK threaded
C: f THREAD ORDEREDSUBJECT UTF-8 ALL
S: f BAD this algorithm is not offered
<bye>`,
})
