import { testTranscripts } from '../support/imap/transcripts.ts'

testTranscripts({
  'a client that idles says DONE': `<signed in>
C: a IDLE
S: + idling
C: DONE
S: a OK no longer idle
C: b SELECT INBOX
<the inbox>
S: b OK [READ-WRITE] the mailbox is open
C: c IDLE
S: + idling
C: done
S: c OK no longer idle
C: d IDLE
S: + idling
C: e NOOP
S: d BAD DONE was expected
C: f NOOP
S: f OK nothing done
<bye>`,
})
