import { PosternError } from '../../errors.ts'
import { packFlags } from '../../store/flags.ts'
import { isCollection } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { Transactor } from '../../store/transactor.ts'
import type { SyncErrorCode } from '../errors.ts'
import { resumeFolder } from '../plan/held-folders.ts'
import type { GivenRole } from '../remote.ts'
import { applyConflictChange, type ConflictChange } from './conflict-change.ts'
import { checkedFlag } from './flag-names.ts'
import { applyMailboxChange, isMailboxChange, type MailboxChange, type MailboxChangeResult } from './mailbox-change.ts'
import { readMessageFile } from './message-file.ts'
import { addObject, applyObjectChange, type ObjectChange } from './object-change.ts'

/** Something that a user does to the local mail. Items are named by their row, folders by their path. */
export type LocalChange =
  | { readonly kind: 'add'; readonly folder: string; readonly file: string; readonly flags: readonly string[] }
  | {
      readonly kind: 'flag'
      readonly items: readonly number[]
      readonly add: readonly string[]
      readonly remove: readonly string[]
    }
  | { readonly kind: 'move' | 'copy'; readonly items: readonly number[]; readonly folder: string }
  | { readonly kind: 'delete'; readonly items: readonly number[]; readonly isPermanent: boolean }
  | { readonly kind: 'restore'; readonly items: readonly number[] }
  | { readonly kind: 'createFolder'; readonly path: string; readonly role?: GivenRole | undefined }
  | { readonly kind: 'deleteFolder'; readonly path: string }
  | { readonly kind: 'renameFolder'; readonly path: string; readonly newPath: string }
  | { readonly kind: 'resumeFolder'; readonly path: string; readonly consent: 'accept' | 'restore' | undefined }
  | { readonly kind: 'clearIgnored'; readonly folder: string | undefined }
  | ConflictChange
  | ObjectChange
  | MailboxChange

/** What a change has made: the rows of new items, and how many were changed. */
export interface LocalChangeResult {
  readonly items: readonly number[]
  /** The rows of objects of calendars and address books. */
  readonly objects?: readonly number[]
  readonly changed: number
  /** Of a change in an open mailbox. */
  readonly mailbox?: MailboxChangeResult
}

/**
 * Makes a change in one transaction: all of it or nothing. Only bringing back a folder's messages takes several; cut
 * short, the next run goes on with it. Durable when it resolves.
 */
export async function applyLocalChange(
  store: Store,
  change: LocalChange,
  clock: () => number,
): Promise<LocalChangeResult> {
  if (isMailboxChange(change)) {
    return { items: [], changed: 0, mailbox: await applyMailboxChange(store, change) }
  }
  if (change.kind === 'add') return addFile(store, change, clock)
  if ('objects' in change || 'losers' in change) return applyObjectChange(store, change)
  if ('path' in change) return changeFolder(store, change)
  if (change.kind === 'clearIgnored') return clearIgnored(store, change.folder)
  if ('conflicts' in change || change.kind === 'restoreDeleted') return applyConflictChange(store, change)
  if (change.kind === 'flag') return setFlags(store, change)
  if (change.kind === 'delete') {
    return each(store, change.items, ({ local }, id) => void local.delete(id, { isPermanent: change.isPermanent }))
  }
  if (change.kind === 'restore') {
    return each(store, change.items, ({ undo }, id) => undo.restore(id))
  }
  return transfer(store, change)
}

/** Tells whether a change writes a message, and so must wait for the end of a run. */
export function needsWriter({ kind }: LocalChange): boolean {
  return kind === 'add'
}

async function addFile(
  store: Store,
  { folder, file, flags }: LocalChange & { kind: 'add' },
  clock: () => number,
): Promise<LocalChangeResult> {
  const target = store.read.getAnyFolder(folder)
  if (isCollection(target)) {
    if (flags.length > 0) throw noFlags(target.path)
    return addObject(store, target, file)
  }
  const { id } = target
  const packed = packFlags(flags.map(checkedFlag))
  await using writer = store.openPackWriter()
  const message = await readMessageFile(file, writer)
  const ends = await writer.sync()
  const internalDateMs = message.digest.dateMs ?? clock()
  const item = store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    return transactor.local.addMessage(id, { ...message, flags: packed, internalDateMs })
  })
  return { items: [item], changed: 1 }
}

function noFlags(path: string): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_BAD_FLAG', `What is in ${JSON.stringify(path)} has no flags.`, {
    remedy: 'user',
    advice: 'Leave --flag out.',
  })
}

function setFlags(store: Store, { items, add, remove }: LocalChange & { kind: 'flag' }): LocalChangeResult {
  const change = { add: packFlags(add.map(checkedFlag)), remove: packFlags(remove.map(checkedFlag)) }
  return each(store, items, ({ local }, id) => local.setFlags(id, change))
}

function transfer(
  store: Store,
  { kind, items, folder }: Extract<LocalChange, { folder: string; items: unknown }>,
): LocalChangeResult {
  const { id: target } = store.read.getFolder(folder)
  if (kind === 'move') return each(store, items, ({ local }, id) => local.move(id, target))
  const copies = store.transact(transactor => items.map(id => transactor.local.copy(id, target)))
  return { items: copies, changed: copies.length }
}

function clearIgnored(store: Store, path: string | undefined): LocalChangeResult {
  const folder = path === undefined ? undefined : store.read.getAnyFolder(path).id
  const changed = store.transact(({ incoming, objects }) => incoming.clearIgnored(folder) + objects.retry(folder))
  return { items: [], changed }
}

async function changeFolder(store: Store, change: Extract<LocalChange, { path: string }>): Promise<LocalChangeResult> {
  if (change.kind === 'resumeFolder') {
    const folder = store.read.getAnyFolder(change.path)
    if (isCollection(folder)) store.transact(({ collections }) => collections.resume(folder, change.consent))
    else await resumeFolder(store, folder.id, change.consent)
    return { items: [], changed: 1 }
  }
  const changed = store.transact(transactor => {
    if (change.kind === 'createFolder') transactor.folders.create(change.path, change.role)
    else if (change.kind === 'renameFolder') transactor.folders.rename(change.path, change.newPath)
    else return transactor.folders.delete(change.path)
    return 1
  })
  return { items: [], changed }
}

function each(
  store: Store,
  items: readonly number[],
  change: (transactor: Transactor, id: number) => void,
): LocalChangeResult {
  store.transact(transactor => {
    for (const id of items) change(transactor, id)
  })
  return { items: [], changed: items.length }
}
