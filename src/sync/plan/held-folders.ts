import type { HoldReason } from '../../store/changes/held-folders.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { inBlocks } from '../in-blocks.ts'

/** Holds a folder, and shows again what the server has stopped having. */
export async function holdFolder(store: Store, folder: number, reason: HoldReason): Promise<void> {
  store.transact(({ held }) => held.hold(folder, reason))
  await showHidden(store, folder)
}

/**
 * Lets a held folder go on: what vanished on the server or was deleted here is accepted, or brought back on the other
 * side. Without a word it is looked at anew.
 *
 * @throws {PosternError} STORE_FOLDER_NOT_HELD
 */
export async function resumeFolder(
  store: Store,
  folder: number,
  consent: 'accept' | 'restore' | undefined,
): Promise<void> {
  store.transact(({ held }) => held.resume(folder, consent))
  if (consent === 'restore') await bringBack(store, folder)
}

/** Goes on with what was cut short: with showing what is in a held folder, or with bringing it back. */
export async function finishHeld(store: Store): Promise<void> {
  for (const folder of store.read.folders().filter(isHeld)) {
    if (folder.consent === 'restore') await bringBack(store, folder.id)
    else if (folder.state === 'paused') await showHidden(store, folder.id)
  }
}

/** Brings back what the user has deleted in a held folder, and the messages of one that is gone on the server. */
export async function bringBack(store: Store, folder: number): Promise<void> {
  const { losses } = store.read
  await inBlocks(store, losses.doomed(folder), ({ undo }, items) => undo.restoreDoomed(items))
  await inBlocks(store, losses.homeless(folder), ({ held }, items) => held.uploadHomeless(items))
  store.transact(({ held }) => held.endRestore(folder))
}

async function showHidden(store: Store, folder: number): Promise<void> {
  await inBlocks(store, store.read.losses.hidden(folder), ({ held }, items) => held.showAgain(items))
}

function isHeld({ state, deletions }: FolderRow): boolean {
  return state === 'paused' || deletions === 'held'
}
