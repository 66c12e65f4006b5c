/** A message of the demo, ready to be stored. */
export interface SampleMessage {
  /** The path of its folder, `/` between the levels. */
  readonly folder: string
  /** Every line ends with CRLF. */
  readonly octets: Buffer
  /** As on the wire: `\Seen`, `$Forwarded`. */
  readonly flags: readonly string[]
  readonly internalDateMs: number
}

/** A message whose octets are not made yet. */
export interface PlannedMessage extends Omit<SampleMessage, 'octets'> {
  /** Makes the octets: the same ones each time. */
  write(): Buffer
}

/** A folder of the demo. */
export interface SampleFolder {
  readonly path: string
  readonly role: 'inbox' | 'sent' | 'drafts' | 'archive' | 'trash' | 'junk' | undefined
}

/** The delimiter of {@link SampleFolder.path}. */
export const SAMPLE_DELIMITER = '/'

/** The folders that sample messages are in, and no others; those above come first. */
export const SAMPLE_FOLDERS: readonly SampleFolder[] = [
  { path: 'INBOX', role: 'inbox' },
  { path: 'Sent', role: 'sent' },
  { path: 'Drafts', role: 'drafts' },
  { path: 'Archive', role: 'archive' },
  { path: 'Trash', role: 'trash' },
  { path: 'Junk', role: 'junk' },
  { path: 'Projects', role: undefined },
  { path: 'Projects/Harbour bridge', role: undefined },
  { path: 'Projects/Café', role: undefined },
  { path: 'Travel', role: undefined },
  { path: 'Newsletters', role: undefined },
  { path: 'Family', role: undefined },
]
