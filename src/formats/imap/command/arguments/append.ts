import type { CommandReader } from '../command-reader.ts'
import { readFlagList } from './flags.ts'
import { readMailbox } from './mailbox.ts'

/** A message of an APPEND (RFC 9051 section 6.3.12, RFC 3502), whose octets are streamed. */
export interface AppendMessage {
  readonly flags: readonly string[]
  /** In ms since the epoch; undefined when the client leaves it to us. */
  readonly internalDateMs: number | undefined
  /** 0 takes the whole APPEND back (RFC 3502 section 6.3.11). */
  readonly octets: number
  /** Whether it came as literal8 (RFC 3516) and may hold NUL. */
  readonly isBinary: boolean
  /** Whether it came as `UTF8 (…)` (RFC 6855 section 4): its header may be UTF-8. */
  readonly isUtf8: boolean
}

/** The beginning of an APPEND, up to the literal of its first message. */
export interface AppendStart {
  readonly mailbox: string
  readonly message: AppendMessage
}

/** Reads what follows APPEND. */
export function readAppendStart(reader: CommandReader): AppendStart {
  const mailbox = readMailbox(reader)
  return { mailbox, message: readAppendMessage(reader) }
}

/** Reads a message, the space before it included, up to its literal. */
export function readAppendMessage(reader: CommandReader): AppendMessage {
  reader.space()
  let flags: readonly string[] = []
  if (reader.next === '(') {
    flags = readFlagList(reader)
    reader.space()
  }
  let internalDateMs: number | undefined
  if (reader.next === '"') {
    internalDateMs = reader.dateTime()
    reader.space()
  }
  const isUtf8 = reader.skip('UTF8 (')
  const { length, isBinary } = reader.streamed()
  if (isUtf8 && !isBinary) reader.fail('a UTF8 message must be a literal8')
  return { flags, internalDateMs, octets: length, isBinary, isUtf8 }
}

/** Steps over what ends a message behind its literal. */
export function readAppendMessageEnd(reader: CommandReader, message: AppendMessage): void {
  if (message.isUtf8) reader.expect(')')
}
