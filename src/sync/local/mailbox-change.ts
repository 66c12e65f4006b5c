import { createReadStream } from 'node:fs'
import { PosternError } from '../../errors.ts'
import { isKeptVersion } from '../../store/conflict-mailbox.ts'
import { changeFlags, DELETED, type FlagChange, flagChange, type MessageFlags, packFlags } from '../../store/flags.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { MailboxItem } from '../../store/queries/mailbox-views.ts'
import type { Store } from '../../store/store.ts'
import type { Transactor } from '../../store/transactor.ts'
import type { SyncErrorCode } from '../errors.ts'
import { checkedFlag } from './flag-names.ts'
import { type PackedMessage, packMessage } from './pack-message.ts'

const BLOCK = 500 // some 20 ms: no transaction lasts longer than 50
const FLAGS_BLOCK = 2000 // the same, since they are changed together

/** A message that waits, octet by octet as it was given. */
export interface SpooledMessage {
  /** A small one as it is, a large one by its file. */
  readonly content: { readonly octets: Uint8Array } | { readonly file: string }
  readonly flags: readonly string[]
  /** In ms since the epoch. */
  readonly internalDateMs: number
}

/** Something that a mail program does in an open mailbox. `folder` and `to` are ids, `uids` local ones, ascending. */
export type MailboxChange =
  | {
      readonly kind: 'mailboxFlags'
      readonly folder: number
      readonly uids: Uint32Array
      readonly action: 'add' | 'remove' | 'replace'
      readonly flags: readonly string[]
      readonly unchangedSince: number | undefined
    }
  | {
      readonly kind: 'mailboxCopy' | 'mailboxMove'
      readonly folder: number
      readonly uids: Uint32Array
      readonly to: number
    }
  /** Of those that are \\Deleted. */
  | { readonly kind: 'mailboxExpunge'; readonly folder: number; readonly uids: Uint32Array }
  | { readonly kind: 'mailboxAppend'; readonly folder: number; readonly messages: readonly SpooledMessage[] }
  | { readonly kind: 'mailboxSubscribe'; readonly folder: number; readonly isSubscribed: boolean }

/** What has become of the messages: `to[i]` is the new UID of `from[i]`, or of the i-th message that was appended. */
export interface MailboxChangeResult {
  readonly uidValidity: number
  readonly from: readonly number[]
  readonly to: readonly number[]
  /** Left alone since they had changed. */
  readonly modified: readonly number[]
}

/** Tells whether a change is one of an open mailbox. */
export function isMailboxChange(change: { readonly kind: string }): change is MailboxChange {
  return change.kind.startsWith('mailbox')
}

/**
 * Makes a change in short transactions, so that nobody waits long: what is done when one fails stays done, but for
 * copies and an append, of which all or none are made. UIDs that are gone are left out. Durable when it resolves.
 */
export async function applyMailboxChange(store: Store, change: MailboxChange): Promise<MailboxChangeResult> {
  switch (change.kind) {
    case 'mailboxFlags':
      return setFlags(store, change)
    case 'mailboxCopy':
      return copy(store, change)
    case 'mailboxMove':
      if (change.to === change.folder) return result(store, change.to, {}) // they are there
      return transfer(store, change, ({ local }, id) => {
        local.move(id, change.to)
        return id
      })
    case 'mailboxExpunge':
      return expunge(store, change)
    case 'mailboxAppend':
      return append(store, change)
    case 'mailboxSubscribe':
      store.transact(({ folders }) => folders.subscribe(change.folder, change.isSubscribed))
      return result(store, change.folder, {})
  }
}

/** In blocks, each in a transaction of its own that sees what is there then. */
function inMailbox(
  store: Store,
  { folder, uids }: { readonly folder: number; readonly uids: Uint32Array },
  change: (transactor: Transactor, items: readonly MailboxItem[]) => void,
): void {
  for (const block of blocks(uids, BLOCK)) {
    store.transact(transactor => change(transactor, store.read.mailboxes.items(folder, block)))
  }
}

function* blocks(uids: Uint32Array, size: number): Generator<Uint32Array> {
  for (let at = 0; at < uids.length; at += size) yield uids.subarray(at, at + size)
}

function setFlags(store: Store, change: MailboxChange & { kind: 'mailboxFlags' }): MailboxChangeResult {
  const modified = [...blocks(change.uids, FLAGS_BLOCK)].flatMap(block =>
    store.transact(transactor => {
      const rows = flagRows(store, change.folder, block)
      const isModified = ({ modseq }: FlagRow) => change.unchangedSince !== undefined && modseq > change.unchangedSince
      for (const equal of byFlags(rows.filter(row => !isModified(row)))) setEqualFlags(transactor, change, equal)
      return rows.filter(isModified).map(({ uid }) => uid)
    }),
  )
  return result(store, change.folder, { modified })
}

type FlagRow = Pick<MailboxItem, 'id' | 'uid' | 'flags' | 'modseq'>

function flagRows(store: Store, folder: number, block: Uint32Array): FlagRow[] {
  const columns = store.read.mailboxes.columns(folder, block, ['ids', 'bits', 'keywords', 'modseqs'])
  return columns.uids.map((uid, at) => ({
    ...{ uid, id: columns.ids[at] ?? 0, modseq: columns.modseqs[at] ?? 0 },
    flags: { bits: columns.bits[at] ?? 0, keywords: columns.keywords[at] ?? '' },
  }))
}

/** A mailbox has few combinations of flags: what has the same ones is changed together. */
function byFlags(rows: readonly FlagRow[]): Iterable<readonly FlagRow[]> {
  return Map.groupBy(rows, ({ flags }) => `${flags.bits} ${flags.keywords}`).values()
}

function setEqualFlags(
  { local }: Transactor,
  change: MailboxChange & { readonly kind: 'mailboxFlags' },
  rows: readonly FlagRow[],
): void {
  const [first] = rows
  if (!first) return
  const made = flagChangeOf(change, first.flags)
  // Nothing is news where nothing changes: no run begins for it.
  if (isEmpty(made)) return
  local.setEqualFlags(
    rows.map(({ id }) => id),
    first.flags,
    made,
  )
}

/** Finds what is to be changed of flags. */
function flagChangeOf(
  { action, flags }: MailboxChange & { readonly kind: 'mailboxFlags' },
  from: MessageFlags,
): FlagChange {
  const named = packFlags(flags.map(checkedFlag))
  const none = packFlags([])
  const wanted = { add: action === 'add' ? named : none, remove: action === 'remove' ? named : none }
  return flagChange(from, action === 'replace' ? named : changeFlags(from, wanted))
}

function isEmpty({ add, remove }: FlagChange): boolean {
  return add.bits === 0 && remove.bits === 0 && add.keywords === '' && remove.keywords === ''
}

function transfer(
  store: Store,
  change: MailboxChange & { kind: 'mailboxCopy' | 'mailboxMove' },
  make: (transactor: Transactor, id: number) => number,
): MailboxChangeResult {
  const [from, to]: [number[], number[]] = [[], []]
  inMailbox(store, change, (transactor, items) => {
    for (const { id, uid } of items) {
      const made = make(transactor, id)
      from.push(uid)
      to.push(store.read.getItem(made).localUid)
    }
  })
  return result(store, change.to, { from, to })
}

// All or nothing (RFC 9051 section 6.4.7): what was copied before a failure is taken back.
function copy(store: Store, change: MailboxChange & { kind: 'mailboxCopy' | 'mailboxMove' }): MailboxChangeResult {
  const made: number[] = []
  try {
    return transfer(store, change, ({ local, undo }, id) => {
      const item = isKeptVersion(id) ? undo.copyConflict(-id, change.to) : local.copy(id, change.to)
      made.push(item)
      return item
    })
  } catch (error) {
    store.transact(({ local }) => {
      for (const id of made) if (store.read.hasItem(id)) local.delete(id, { isPermanent: true })
    })
    throw error
  }
}

function expunge(store: Store, change: MailboxChange & { kind: 'mailboxExpunge' }): MailboxChangeResult {
  inMailbox(store, change, ({ local }, items) => {
    for (const { id, flags } of items) if ((flags.bits & DELETED) !== 0) local.delete(id, { isPermanent: true })
  })
  return result(store, change.folder, {})
}

async function append(store: Store, change: MailboxChange & { kind: 'mailboxAppend' }): Promise<MailboxChangeResult> {
  const { folder, messages } = change
  const packed = messages.map(({ flags }) => packFlags(flags.map(checkedFlag)))
  await using writer = store.openPackWriter()
  const read: PackedMessage[] = []
  for (const { content } of messages) read.push(await pack(content, writer))
  const ends = await writer.sync()
  const to = store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    return read.map((message, index) => {
      const flags = packed[index] ?? packFlags([])
      const internalDateMs = messages[index]?.internalDateMs ?? 0
      const id = transactor.local.addMessage(folder, { ...message, flags, internalDateMs })
      return store.read.getItem(id).localUid
    })
  })
  return result(store, folder, { to })
}

/** Writes a message into a pack as it is. */
async function pack(content: SpooledMessage['content'], writer: PackWriter): Promise<PackedMessage> {
  const chunks = () => ('file' in content ? createReadStream(content.file) : inMemory(content.octets))
  const packed = await packMessage(writer, await measure(chunks()), chunks())
  if (!packed) throw new Error('a file of the spool has changed')
  return packed
}

async function* inMemory(octets: Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(octets.buffer, octets.byteOffset, octets.length)
}

async function measure(chunks: AsyncIterable<Buffer>): Promise<number> {
  let octets = 0
  for await (const chunk of chunks) {
    octets += chunk.length
    if (chunk.includes(0)) throw hasNul()
  }
  return octets
}

function hasNul(): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_NOT_A_MESSAGE', 'The message contains a NUL octet.', {
    remedy: 'user',
    advice: 'IMAP cannot carry it to the server: attach the file with another encoding.',
  })
}

function result(store: Store, folder: number, parts: Partial<MailboxChangeResult>): MailboxChangeResult {
  const uidValidity = store.read.mailboxes.uidValidity(folder)
  return { uidValidity, from: [], to: [], modified: [], ...parts }
}
