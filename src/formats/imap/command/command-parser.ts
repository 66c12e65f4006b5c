import {
  type AppendMessage,
  type AppendStart,
  readAppendMessage,
  readAppendMessageEnd,
  readAppendStart,
} from './arguments/append.ts'
import { type FetchCommand, readFetch } from './arguments/fetch.ts'
import {
  type ListCommand,
  type LsubCommand,
  readList,
  readLsub,
  readStatus,
  type StatusCommand,
} from './arguments/list.ts'
import {
  type CopyCommand,
  type CreateCommand,
  type ExpungeCommand,
  type GetQuotaCommand,
  type MailboxCommand,
  type RenameCommand,
  readCopy,
  readCreate,
  readGetQuota,
  readMailboxCommand,
  readRename,
  readUidExpunge,
} from './arguments/mailbox-commands.ts'
import { type NotifyCommand, readNotify } from './arguments/notify.ts'
import {
  readSearch,
  readSort,
  readThread,
  type SearchCommand,
  type SortCommand,
  type ThreadCommand,
  UnknownCharset,
} from './arguments/search.ts'
import { readSelect, type SelectCommand } from './arguments/select.ts'
import {
  type AuthenticateCommand,
  type EnableCommand,
  type IdCommand,
  type LoginCommand,
  readAuthenticate,
  readEnable,
  readId,
  readLogin,
} from './arguments/session-commands.ts'
import { readStore, type StoreCommand } from './arguments/store.ts'
import { type CommandPiece, findTag } from './command-piece.ts'
import { type CommandDialect, CommandReader, Malformed } from './command-reader.ts'

/** Commands without arguments. */
export interface BareCommand {
  readonly kind: 'capability' | 'noop' | 'logout' | 'starttls' | 'namespace' | 'idle' | 'check' | 'close' | 'unselect'
}

/** A command other than APPEND, which comes message by message. */
export type ImapCommand =
  | BareCommand
  | AuthenticateCommand
  | LoginCommand
  | EnableCommand
  | IdCommand
  | ListCommand
  | LsubCommand
  | StatusCommand
  | SelectCommand
  | MailboxCommand
  | CreateCommand
  | RenameCommand
  | CopyCommand
  | ExpungeCommand
  | GetQuotaCommand
  | SearchCommand
  | SortCommand
  | ThreadCommand
  | FetchCommand
  | StoreCommand
  | NotifyCommand

/** A command that cannot be obeyed. `reason` is fit for the answer: constant English, nothing of the client's. */
export type RejectedCommand =
  /** Answer BAD; untagged without a tag. */
  | { readonly kind: 'malformed'; readonly tag: string | undefined; readonly reason: string }
  /** Answer NO with BADCHARSET (RFC 9051 section 7.1); with `isSaved`, nothing is saved any more (section 6.4.4.1). */
  | { readonly kind: 'unknown-charset'; readonly tag: string; readonly reason: string; readonly isSaved: boolean }

type ArgumentReader = (reader: CommandReader) => ImapCommand
type MessageArgumentReader = (reader: CommandReader, isUid: boolean) => ImapCommand

function bare(kind: BareCommand['kind']): ArgumentReader {
  return () => ({ kind })
}

/** For arguments, a space comes first. */
function after(read: ArgumentReader): ArgumentReader {
  return reader => {
    reader.space()
    return read(reader)
  }
}

const ON_MESSAGES: ReadonlyMap<string, MessageArgumentReader> = new Map<string, MessageArgumentReader>([
  ['FETCH', readFetch],
  ['STORE', readStore],
  ['SEARCH', readSearch],
  ['SORT', readSort],
  ['THREAD', readThread],
  ['COPY', (reader, isUid) => readCopy(reader, 'copy', isUid)],
  ['MOVE', (reader, isUid) => readCopy(reader, 'move', isUid)],
])

const COMMANDS: ReadonlyMap<string, ArgumentReader> = new Map<string, ArgumentReader>([
  ['CAPABILITY', bare('capability')],
  ['NOOP', bare('noop')],
  ['LOGOUT', bare('logout')],
  ['STARTTLS', bare('starttls')],
  ['NAMESPACE', bare('namespace')],
  ['IDLE', bare('idle')],
  ['CHECK', bare('check')],
  ['CLOSE', bare('close')],
  ['UNSELECT', bare('unselect')],
  ['EXPUNGE', () => ({ kind: 'expunge', uids: undefined })],
  ['AUTHENTICATE', after(readAuthenticate)],
  ['LOGIN', after(readLogin)],
  ['ENABLE', after(readEnable)],
  ['ID', after(readId)],
  ['LIST', after(readList)],
  ['LSUB', after(readLsub)],
  ['STATUS', after(readStatus)],
  ['SELECT', after(reader => readSelect(reader, false))],
  ['EXAMINE', after(reader => readSelect(reader, true))],
  ['CREATE', after(readCreate)],
  ['RENAME', after(readRename)],
  ['DELETE', after(reader => readMailboxCommand(reader, 'delete'))],
  ['SUBSCRIBE', after(reader => readMailboxCommand(reader, 'subscribe'))],
  ['UNSUBSCRIBE', after(reader => readMailboxCommand(reader, 'unsubscribe'))],
  ['GETQUOTAROOT', after(reader => readMailboxCommand(reader, 'getquotaroot'))],
  ['GETQUOTA', after(readGetQuota)],
  ['NOTIFY', after(readNotify)],
  ['APPEND', reader => reader.fail('a message is missing')],
  ['UID', after(readUid)],
  ...[...ON_MESSAGES].map(([name, read]): [string, ArgumentReader] => [name, after(reader => read(reader, false))]),
])

function readUid(reader: CommandReader): ImapCommand {
  const name = reader.word()
  reader.space()
  if (name === 'EXPUNGE') return readUidExpunge(reader)
  return ON_MESSAGES.get(name)?.(reader, true) ?? reader.fail('unknown command')
}

/** Reads a whole command. */
export function parseCommand(
  pieces: readonly CommandPiece[],
  dialect: CommandDialect,
): RejectedCommand | { readonly kind: 'command'; readonly tag: string; readonly command: ImapCommand } {
  return parseTagged(pieces, dialect, (reader, tag) => {
    const command = (COMMANDS.get(reader.word()) ?? (() => reader.fail('unknown command')))(reader)
    reader.end()
    return { kind: 'command', tag, command }
  })
}

/** Reads an APPEND up to the literal of its first message. */
export function parseAppendStart(
  pieces: readonly CommandPiece[],
  dialect: CommandDialect,
): RejectedCommand | ({ readonly kind: 'append'; readonly tag: string } & AppendStart) {
  return parseTagged(pieces, dialect, (reader, tag) => {
    reader.expect('APPEND ')
    const start = readAppendStart(reader)
    reader.end()
    return { kind: 'append', tag, ...start }
  })
}

/** Reads what comes between two literals of an APPEND; `previous` is the message that came before. */
export function parseAppendNext(
  pieces: readonly CommandPiece[],
  previous: AppendMessage,
): RejectedCommand | { readonly kind: 'message'; readonly message: AppendMessage } {
  return caught(undefined, () => {
    const reader = new CommandReader(pieces, { isUtf8: false })
    readAppendMessageEnd(reader, previous)
    const message = readAppendMessage(reader)
    reader.end()
    return { kind: 'message', message }
  })
}

/** Reads what comes behind the last literal of an APPEND, `previous`. */
export function parseAppendEnd(
  pieces: readonly CommandPiece[],
  previous: AppendMessage,
): RejectedCommand | { readonly kind: 'end' } {
  return caught(undefined, () => {
    const reader = new CommandReader(pieces, { isUtf8: false })
    readAppendMessageEnd(reader, previous)
    reader.end()
    return { kind: 'end' }
  })
}

function parseTagged<Parsed>(
  pieces: readonly CommandPiece[],
  dialect: CommandDialect,
  read: (reader: CommandReader, tag: string) => Parsed,
): Parsed | RejectedCommand {
  const [first] = pieces
  const tag = first?.kind === 'text' ? findTag(first.octets) : undefined
  if (tag === undefined) return { kind: 'malformed', tag, reason: 'there is no tag' }
  return caught(tag, () => read(new CommandReader(pieces, dialect, tag.length + 1), tag))
}

function caught<Parsed>(tag: string | undefined, read: () => Parsed): Parsed | RejectedCommand {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', tag, reason: error.message }
    if (error instanceof UnknownCharset && tag !== undefined) {
      return { kind: 'unknown-charset', tag, reason: 'the charset is unknown', isSaved: error.isSaved }
    }
    throw error
  }
}
