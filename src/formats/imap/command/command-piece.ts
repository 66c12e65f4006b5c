/**
 * A piece of a command. Text, without line ends and announcements of literals, and literals take turns; the first is
 * text, and so is the last, unless it is a literal that is streamed.
 */
export type CommandPiece =
  | { readonly kind: 'text'; readonly octets: Buffer }
  | { readonly kind: 'literal'; readonly octets: Buffer; readonly isBinary: boolean }
  /** The literal of an APPEND, whose octets are not held. */
  | { readonly kind: 'streamed'; readonly length: number; readonly isBinary: boolean }

const TAG = /^[^\x00-\x20\x7f-\xff(){%*"\\+]+(?= )/ // RFC 9051 section 9, tag
const MAX_TAG_OCTETS = 200 // it comes back in every answer

/** Finds the tag at the beginning of a command; undefined when there is none, or one too long. */
export function findTag(text: Buffer): string | undefined {
  return TAG.exec(text.toString('latin1', 0, MAX_TAG_OCTETS + 1))?.[0]
}
