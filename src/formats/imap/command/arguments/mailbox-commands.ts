import type { CommandReader } from '../command-reader.ts'
import { readMailbox, readNewMailbox } from './mailbox.ts'
import { readSequenceSet, type SequenceSet } from './sequence-set.ts'

/** Commands whose only argument is a mailbox. */
export interface MailboxCommand {
  readonly kind: 'delete' | 'subscribe' | 'unsubscribe' | 'getquotaroot'
  readonly mailbox: string
}

/** CREATE (RFC 9051 section 6.3.4). A hierarchy delimiter at the end of the name is still there. */
export interface CreateCommand {
  readonly kind: 'create'
  readonly mailbox: string
  /** What it is to be used for (RFC 6154 section 3): `\Sent`, as the client spells it. */
  readonly specialUse: readonly string[]
}

/** RENAME. */
export interface RenameCommand {
  readonly kind: 'rename'
  readonly from: string
  readonly to: string
}

/** COPY, MOVE (RFC 6851) and their UID forms. */
export interface CopyCommand {
  readonly kind: 'copy' | 'move'
  readonly isUid: boolean
  readonly messages: SequenceSet
  readonly mailbox: string
}

/** EXPUNGE, or UID EXPUNGE of these messages (RFC 9051 section 6.4.9). */
export interface ExpungeCommand {
  readonly kind: 'expunge'
  readonly uids: SequenceSet | undefined
}

/** GETQUOTA (RFC 9208). */
export interface GetQuotaCommand {
  readonly kind: 'getquota'
  readonly root: string
}

/** Reads the mailbox that follows DELETE and the like. */
export function readMailboxCommand(reader: CommandReader, kind: MailboxCommand['kind']): MailboxCommand {
  return { kind, mailbox: readMailbox(reader) }
}

/** Reads what follows CREATE. */
export function readCreate(reader: CommandReader): CreateCommand {
  const mailbox = readNewMailbox(reader)
  if (!reader.skip(' (USE ')) return { kind: 'create', mailbox, specialUse: [] }
  const specialUse = reader.list(() => {
    reader.expect('\\')
    return `\\${reader.atom()}`
  }, 0)
  reader.expect(')')
  return { kind: 'create', mailbox, specialUse }
}

/** Reads what follows RENAME. */
export function readRename(reader: CommandReader): RenameCommand {
  const from = readMailbox(reader)
  reader.space()
  return { kind: 'rename', from, to: readNewMailbox(reader) }
}

/** Reads what follows COPY or MOVE. */
export function readCopy(reader: CommandReader, kind: 'copy' | 'move', isUid: boolean): CopyCommand {
  const messages = readSequenceSet(reader)
  reader.space()
  return { kind, isUid, messages, mailbox: readMailbox(reader) }
}

/** Reads what follows UID EXPUNGE. */
export function readUidExpunge(reader: CommandReader): ExpungeCommand {
  return { kind: 'expunge', uids: readSequenceSet(reader) }
}

/** Reads what follows GETQUOTA. */
export function readGetQuota(reader: CommandReader): GetQuotaCommand {
  return { kind: 'getquota', root: reader.text() }
}
