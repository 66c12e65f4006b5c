import t from 'tap'
import { DELIVERIES, type PlayOptions, play } from '../transcript.ts'
import { serveAccount, someAccount } from './front.ts'
import type { MemoryAccount } from './memory-account.ts'

const BEFORE = 'IMAP4rev2 IMAP4rev1 LITERAL+ ID ENABLE SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5'
const AFTER = [
  'IMAP4rev2 IMAP4rev1 LITERAL+ ID ENABLE IDLE NOTIFY NAMESPACE UNSELECT CHILDREN SPECIAL-USE',
  'CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES SORT ESORT THREAD=REFERENCES UIDPLUS MOVE CONDSTORE QRESYNC BINARY MULTIAPPEND OBJECTID',
  'PREVIEW SAVEDATE QUOTA QUOTA=RES-STORAGE WITHIN UTF8=ACCEPT APPENDLIMIT=1000',
].join(' ')
const FLAGS = '\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $MDNSent $Junk $NotJunk'

// What every transcript would repeat has a name in it.
const NAMES: readonly (readonly [name: string, text: string])[] = [
  [
    '<selected>',
    `<signed in>
C: s SELECT INBOX
<the inbox>
S: s OK [READ-WRITE] the mailbox is open`,
  ],
  [
    '<examined>',
    `<signed in>
C: s EXAMINE INBOX
<the inbox, read-only>
S: s OK [READ-ONLY] the mailbox is open`,
  ],
  [
    '<signed in>',
    `<ready>
C: l LOGIN ada "correct horse"
S: l OK [CAPABILITY <capabilities>] signed in`,
  ],
  ['<ready>', `S: * OK [CAPABILITY ${BEFORE}] Postern ready`],
  [
    '<bye>',
    `C: z LOGOUT
S: * BYE until next time
S: z OK the connection closes
S: <closed>`,
  ],
  [
    '<the inbox>',
    `S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS (<flags> \\*)] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 4] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself`,
  ],
  [
    '<the inbox, read-only>',
    `S: * 3 EXISTS
S: * 0 RECENT
S: * FLAGS (<flags>)
S: * OK [PERMANENTFLAGS ()] these are kept
S: * OK [UNSEEN 2] the first unseen message
S: * OK [UIDVALIDITY 7] UIDs stay valid
S: * OK [UIDNEXT 4] the next UID
S: * OK [HIGHESTMODSEQ 4] the latest change
S: * OK [MAILBOXID (F1)] the mailbox itself`,
  ],
  ['<capabilities of strangers>', BEFORE],
  ['<capabilities>', AFTER],
  ['<flags>', FLAGS],
]

/** Puts in the place of `<ready>`, `<signed in>`, `<bye>` and the like what they stand for. */
export function spelledOut(transcript: string): string {
  return NAMES.reduce((text, [name, meaning]) => text.replaceAll(name, meaning), transcript)
}

/** How transcripts are played. */
export interface TranscriptOptions extends PlayOptions {
  readonly makeAccount?: () => MemoryAccount
}

/** Makes a test of each transcript for each way in which a client's octets may be cut. */
export function testTranscripts(transcripts: Readonly<Record<string, string>>, options: TranscriptOptions = {}): void {
  const { makeAccount = someAccount, ...playOptions } = options
  for (const [says, transcript] of Object.entries(transcripts)) {
    const session = spelledOut(transcript)
    for (const delivery of DELIVERIES) {
      t.test(`${says}, ${delivery}`, async t => {
        t.equal(await play(serveAccount(makeAccount()), session, delivery, playOptions), session)
      })
    }
  }
}
