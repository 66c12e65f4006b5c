import { randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { PosternError } from '../../errors.ts'
import { type CheckedObject, checkObject } from '../../formats/groupware/check-object.ts'
import { outlineOf } from '../../formats/groupware/object-outline.ts'
import { noSuchConflict } from '../../store/changes/undo.ts'
import { type FolderRow, isCollection } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { SyncErrorCode } from '../errors.ts'
import type { LocalChangeResult } from './local-change.ts'

const MAX_OCTETS = 10_485_760 // of a contact with a photo, or an event with attachments; servers take less

/** What a user does to objects of calendars and address books, named by their rows. */
export type ObjectChange =
  | { readonly kind: 'deleteObjects' | 'restoreObjects'; readonly objects: readonly number[] }
  | {
      readonly kind: 'restoreLosers'
      readonly losers: readonly number[]
      /** A folder's path, where it shall not be the one that it was in. */
      readonly target: string | undefined
    }
  | { readonly kind: 'discardLosers' | 'seeLosers'; readonly losers: readonly number[] }

/** Makes such a change in one transaction. */
export function applyObjectChange(store: Store, change: ObjectChange): LocalChangeResult {
  if ('losers' in change) return applyToLosers(store, change)
  const { objects: rows, kind } = change
  if (kind === 'deleteObjects') for (const id of rows) assertWritable(folderOf(store, id))
  store.transact(({ objects, objectUndo }) => {
    for (const id of rows) {
      if (kind === 'deleteObjects') objects.delete(id)
      else objectUndo.restore(id)
    }
  })
  return { items: [], objects: rows, changed: rows.length }
}

/** Brings back what was deleted from a collection since a time, or is about to be deleted on the server. */
export function restoreDeletedObjects(store: Store, folder: number, sinceMs: number): LocalChangeResult {
  const deleted = [...store.read.keptObjects.deleted(folder)]
  const rows = deleted.filter(({ deletedMs = sinceMs }) => deletedMs >= sinceMs).map(({ object }) => object)
  store.transact(({ objectUndo }) => {
    for (const id of rows) objectUndo.restore(id)
  })
  return { items: [], objects: rows, changed: rows.length }
}

function applyToLosers(store: Store, change: Extract<ObjectChange, { losers: unknown }>): LocalChangeResult {
  const target = 'target' in change && change.target !== undefined ? store.read.getAnyFolder(change.target) : undefined
  if (change.kind === 'restoreLosers') for (const id of change.losers) assertRestorable(store, id, target)
  return store.transact(({ objects, objectUndo }) => {
    const made: number[] = []
    for (const id of change.losers) {
      if (change.kind === 'restoreLosers') made.push(objectUndo.restoreLoser(id, target?.id))
      else if (change.kind === 'seeLosers') objectUndo.see(id)
      else if (!objects.discardLoser(id)) throw noSuchConflict(`o${id}`)
    }
    return { items: [], objects: made, changed: change.losers.length }
  })
}

/** Into a folder of another kind nothing can be put, and what is put where nobody may write would only be a conflict again. */
function assertRestorable(store: Store, loser: number, target: FolderRow | undefined): void {
  const { object, octets } = store.read.keptObjects.getConflict(loser)
  const live = store.read.objects.find(object)
  const place = target ?? (live && store.read.findFolder(live.folder))
  if (!place) return // it finds a place where it can be written
  assertWritable(place)
  const isContact = outlineOf(octets).kind === 'contact'
  if (isCollection(place) && isContact === (place.kind === 'contacts')) return
  throw new PosternError<SyncErrorCode>('SYNC_WRONG_COMPONENT', `${JSON.stringify(place.path)} does not take it.`, {
    remedy: 'user',
    advice: 'See `postern folder list` for a folder of the right kind.',
  })
}

/**
 * Puts a file into a collection, octet by octet as it is. An object with its UID is there at most once (RFC 4791 section
 * 4.1): the file becomes its new version.
 *
 * @throws {PosternError} SYNC_FILE_UNREADABLE, SYNC_NOT_AN_OBJECT, SYNC_WRONG_COMPONENT, SYNC_READ_ONLY
 */
export async function addObject(store: Store, folder: FolderRow, file: string): Promise<LocalChangeResult> {
  const octets = await readObjectFile(file)
  const check = checkObject(octets)
  if (!check.ok) throw notAnObject(file, check.why)
  assertWritable(folder)
  assertTaken(folder, check.object, file)
  const { uid, component } = check.object
  const known = store.read.objects.list(folder.id).find(object => outlineOf(object.octets).uid === uid)
  const id = store.transact(({ objects }) => {
    if (!known) return objects.create(folder.id, hrefFor(folder, component), octets)
    objects.edit(known.id, octets)
    return known.id
  })
  return { items: [], objects: [id], changed: 1 }
}

function hrefFor({ href }: FolderRow, component: string): string {
  return `${href ?? ''}${randomUUID()}.${component === 'VCARD' ? 'vcf' : 'ics'}`
}

async function readObjectFile(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file)
    if (size > MAX_OCTETS) throw notAnObject(file, `it is larger than ${MAX_OCTETS} octets`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof PosternError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new PosternError<SyncErrorCode>('SYNC_FILE_UNREADABLE', `${file} cannot be read: ${why}.`, {
      remedy: 'user',
      advice: 'Check the name and the permissions.',
      cause: error,
    })
  }
}

function folderOf(store: Store, object: number): FolderRow {
  const { folder } = store.read.objects.get(object)
  const found = store.read.findFolder(folder)
  if (!found) throw new Error('an object that can be seen, in a folder that is gone')
  return found
}

function assertWritable({ path, isReadOnly }: FolderRow): void {
  if (!isReadOnly) return
  throw new PosternError<SyncErrorCode>(
    'SYNC_READ_ONLY',
    `The server lets you change nothing in ${JSON.stringify(path)}.`,
    {
      remedy: 'user',
      advice: 'Ask its owner for the right, or put it into a calendar or an address book of your own.',
    },
  )
}

function assertTaken({ path, kind, components }: FolderRow, { component }: CheckedObject, file: string): void {
  const isTaken = kind === 'contacts' ? component === 'VCARD' : components.includes(component)
  if (isTaken) return
  const takes = kind === 'contacts' ? 'VCARD' : components.join(', ')
  throw new PosternError<SyncErrorCode>(
    'SYNC_WRONG_COMPONENT',
    `${file} holds a ${component}, and ${JSON.stringify(path)} takes ${takes} alone.`,
    { remedy: 'user', advice: 'See `postern folder list` for a folder of the right kind.' },
  )
}

function notAnObject(file: string, why: string): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_NOT_AN_OBJECT',
    `${file} is no entry of a calendar or contact: ${why}.`,
    {
      remedy: 'user',
      advice: 'Give a file with one event, task or note (.ics), or one contact (.vcf).',
    },
  )
}
