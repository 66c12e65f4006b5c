import { decodeMailboxName } from '../../mailbox-name.ts'
import type { CommandReader } from '../command-reader.ts'

const LIST_ATOM = /[^\x00-\x20\x7f-\xff(){"\\]+/y // RFC 9051 section 9, list-mailbox: with % and *
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/ // RFC 5198 section 2
const NOT_UTF7 = /[\uf700-\uf7ff]/ // see decodeMailboxName

/** Reads the name of a mailbox as users see it; `INBOX` in any case is `INBOX`. */
export function readMailbox(reader: CommandReader): string {
  return decoded(reader, reader.astring())
}

/** Reads the name of a mailbox that is to be made: one that could not be written the same way again is refused. */
export function readNewMailbox(reader: CommandReader): string {
  const name = readMailbox(reader)
  return name === '' || NOT_UTF7.test(name) ? reader.fail('a mailbox name is malformed') : name
}

/** Reads a pattern of LIST: a name with `%` and `*`. */
export function readMailboxPattern(reader: CommandReader): string {
  const atom = reader.match(LIST_ATOM)
  return decoded(reader, atom === undefined ? reader.string() : Buffer.from(atom, 'latin1'))
}

function decoded(reader: CommandReader, wire: Buffer): string {
  if (!reader.dialect.isUtf8) return decodeMailboxName(wire)
  const name = reader.utf8(wire)
  if (CONTROLS.test(name)) reader.fail('a mailbox name has controls')
  return /^inbox$/i.test(name) ? 'INBOX' : name
}
