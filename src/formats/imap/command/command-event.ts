import type { CommandPiece } from './command-piece.ts'

/** Limits of a `CommandSplitter`. */
export interface CommandSplitterLimits {
  /** The text of a command up to a line end, that included. */
  readonly maxLineOctets: number
  /** A literal that is held. */
  readonly maxLiteralOctets: number
  /** What is held of one command: text, literals, and 256 octets for each literal. */
  readonly maxCommandOctets: number
  /** A literal that was refused but comes all the same; a larger one ends the connection. */
  readonly maxSkippedOctets: number
}

/** Why a command came to nothing; `by-caller` after `CommandSplitter.refuse`. */
export type RefusalReason = 'line-too-long' | 'literal-too-large' | 'command-too-large' | 'by-caller'

/** What `CommandSplitter.next` finds. */
export type CommandEvent =
  /** A whole command. */
  | { readonly kind: 'command'; readonly pieces: readonly CommandPiece[] }
  /** The client waits with a small literal: write `+ ` and a line end. */
  | { readonly kind: 'continue' }
  /**
   * A message of an APPEND is announced: call `CommandSplitter.accept` (and write `+ ` if it is synchronizing) or
   * `CommandSplitter.refuse` before the next octet of it is read. `pieces` are those since the previous message
   * of the command; the last one is the streamed literal.
   */
  | {
      readonly kind: 'append-literal'
      readonly pieces: readonly CommandPiece[]
      readonly octets: number
      readonly isSynchronizing: boolean
    }
  /** The next octets of the message. They belong to the chunk that was pushed. */
  | { readonly kind: 'append-octets'; readonly octets: Buffer }
  | { readonly kind: 'append-literal-end' }
  /** The end of an APPEND; `pieces` are those behind its last message. */
  | { readonly kind: 'append-end'; readonly pieces: readonly CommandPiece[] }
  /** A command has ended that was refused; nothing of it was said, or nothing more: answer NO or BAD. */
  | { readonly kind: 'refused'; readonly tag: string | undefined; readonly reason: RefusalReason }
  /** A non-synchronizing literal is too large to be skipped: answer BYE and close (RFC 7888 section 4). Said once. */
  | { readonly kind: 'broken'; readonly tag: string | undefined }

/** A line outside of a command, without its end. */
export type ClientLine = { readonly kind: 'line'; readonly octets: Buffer } | { readonly kind: 'too-long' }
