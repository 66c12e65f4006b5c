import { testTranscripts } from '../support/imap/transcripts.ts'

testTranscripts({
  'a message is appended to another mailbox': `<signed in>
C: a APPEND Sent (\\Seen home) "01-Feb-2026 03:04:05 +0100" {5+}
C: hello
S: a OK [APPENDUID 7 1] appended
C: b EXAMINE Sent
S: * 1 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 2] the next UID
S: * OK [HIGHESTMODSEQ 2] the latest change
S: * OK [MAILBOXID (F2)] the mailbox itself
S: b OK [READ-ONLY] the mailbox is open
C: c FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])
S: * 1 FETCH (FLAGS (\\Seen home) INTERNALDATE "01-Feb-2026 02:04:05 +0000" BODY[] {5}
S: hello)
S: c OK fetched
<bye>`,
  'a message that is appended to the open mailbox is news': `<signed in>
C: a SELECT INBOX
<the inbox>
S: a OK [READ-WRITE] the mailbox is open
C: b APPEND INBOX {3}
S: + go ahead
C: abc
S: * 4 EXISTS
S: b OK [APPENDUID 7 4] appended
<bye>`,
  'several messages are appended together': `<signed in>
C: a APPEND Sent {5+}
C: first (\\Seen) {6+}
C: second
S: a OK [APPENDUID 7 1:2] appended
C: b STATUS Sent (MESSAGES UNSEEN)
S: * STATUS "Sent" (MESSAGES 2 UNSEEN 1)
S: b OK that is its status
<bye>`,
  'an APPEND that is refused is read over, and nothing of it is kept': `<signed in>
C: a APPEND nope {5+}
C: hello
S: a NO [TRYCREATE] there is no such mailbox
C: b APPEND nope {5}
S: b NO [TRYCREATE] there is no such mailbox
C: c APPEND Sent {5+}
C: hello {1001+}
C: ${'x'.repeat(1001)}
S: c NO [TOOBIG] the message is too large
C: d APPEND Sent {1001}
S: d NO [TOOBIG] the message is too large
C: e APPEND Sent {3+}
C: abc {0+}
C: 
S: e NO the messages are taken back
C: f APPEND Sent {3+}
C: abc FOO
S: f BAD something is left at the end
C: g APPEND Sent {3+}
C: abc FOO {3+}
C: abc
S: g BAD a message is missing
C: h APPEND Sent
S: h BAD a message is missing
C: i APPEND Projects/2026 {3+}
C: abc
S: i NO [TRYCREATE] there is no such mailbox
C: j APPEND Sent UTF8 (~{3+}
C: abc)
S: j BAD UTF8=ACCEPT was not enabled
C: k STATUS Sent (MESSAGES)
S: * STATUS "Sent" (MESSAGES 0)
S: k OK that is its status
<bye>`,
})
