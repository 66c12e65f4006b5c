import type { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { PendingObject } from '../../store/queries/object-reader.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { assertFewDeletions, assertFewDeletionsHere } from '../plan/mass-deletion.ts'
import type { SyncCounters } from '../progress.ts'
import { isRefusal } from '../refusal.ts'
import type { SyncSettings } from '../settings.ts'
import { fetchObjects } from './fetch-objects.ts'
import { joinCollection } from './join/join-collection.ts'
import type { CollectionChanges, RemoteCollection, WriteOutcome } from './remote-collection.ts'

const WRITE_BATCH = 8 // under way at the same time

/** What the synchronization of a collection works with. */
export interface CollectionContext {
  readonly store: Store
  readonly remote: RemoteCollection
  /** Which account's it is. */
  readonly account: string
  readonly settings: Pick<SyncSettings, 'conflictResolution'> & Partial<Pick<SyncSettings, 'revertReadOnly'>>
  readonly log: Logger
  readonly clock: () => number
  /** Is told what has become more since it was told last. */
  readonly onCounted?: (more: Partial<SyncCounters>) => void
  /** Is told of a change that the server does not take, and of an object that it does not give. */
  readonly onRefused?: (error: PosternError) => void
  readonly signal?: AbortSignal
}

/**
 * One cycle of a collection: PLAN, fetch, PUSH, and fetch again what others changed meanwhile; instead of a PLAN it is joined
 * with the account's, if it was not compared with that yet. Every arrow may be cut by a crash: each step is one transaction, and
 * each write names the version that it replaces.
 */
export async function syncCollection(context: CollectionContext, folder: FolderRow): Promise<void> {
  const isJoined = folder.joining === undefined
  if (!isJoined) await joinCollection(context, folder)
  if (folder.isReadOnly) revertChanges(context, folder)
  if (isJoined) await planCollection(context, folder)
  await fetchObjects(context, folder)
  if (!folder.isReadOnly) await pushObjects(context, folder)
  await fetchObjects(context, folder)
}

// Made before the server said that it takes none.
function revertChanges({ store, settings }: CollectionContext, folder: FolderRow): void {
  if (settings.revertReadOnly === false) return
  const pending = store.read.objects.pending(folder.id, Number.MAX_SAFE_INTEGER)
  if (pending.length === 0) return
  store.transact(({ objects }) => {
    for (const { id } of pending) objects.revert(id)
  })
}

/** PLAN: takes over what has changed, together with the token. No content is read. */
async function planCollection({ store, remote, settings }: CollectionContext, folder: FolderRow): Promise<void> {
  const token = store.read.objects.token(folder.id)
  const changes = await remote.changes(token)
  const { members } = changes
  const isNothing = !changes.isFull && changes.token === token && members.length + changes.removed.length === 0
  if (isNothing) return // mostly: nothing is written, the disk is left alone
  const removed = removedBy(store, folder, changes)
  assertFewDeletions(folder, removed.length, store.read.objects.count(folder.id))
  store.transact(({ objects }) => {
    for (const href of removed) {
      if (folder.consent === 'restore') objects.keepOnServer(folder.id, href)
      else objects.removedOnServer(folder.id, href, settings.conflictResolution)
    }
    for (const member of members) objects.changedOnServer(folder.id, member)
    objects.setToken(folder.id, changes.token)
  })
}

function removedBy(
  store: Store,
  folder: FolderRow,
  { isFull, members, removed }: CollectionChanges,
): readonly string[] {
  if (!isFull) return removed
  const there = new Set(members.map(({ href }) => href))
  return store.read.objects.hrefs(folder.id).filter(href => !there.has(href))
}

type PendingChange = Pick<PendingObject, 'id' | 'isGone'>

async function pushObjects(context: CollectionContext, folder: FolderRow): Promise<void> {
  const { store, clock, onCounted } = context
  const pending = store.read.objects.pending(folder.id, clock())
  if (pending.length > 0) onCounted?.({ toUpload: pending.length })
  const deletions = pending.filter(({ isGone }) => isGone)
  await pushAll(
    context,
    pending.filter(({ isGone }) => !isGone),
  )
  assertFewDeletionsHere(folder, deletions.length, store.read.objects.count(folder.id))
  await pushAll(context, deletions)
}

async function pushAll(context: CollectionContext, pending: readonly PendingChange[]): Promise<void> {
  for (let at = 0; at < pending.length; at += WRITE_BATCH) await pushBatch(context, pending.slice(at, at + WRITE_BATCH))
}

async function pushBatch(context: CollectionContext, batch: readonly PendingChange[]): Promise<void> {
  const { store, remote, log, onCounted } = context
  context.signal?.throwIfAborted()
  // Noted before the first octet: if the answer is lost, what the server has is recognised as ours.
  const started = store.transact(({ objects }) => batch.flatMap(({ id }) => objects.sending(id) ?? []))
  const answers = await Promise.allSettled(started.map(object => send(remote, object)))
  store.transact(({ objects }) => {
    for (const [index, answer] of answers.entries()) {
      const object = started[index]
      if (!object) continue
      if (answer.status === 'fulfilled') objects.sent(object, answer.value)
      else if (isRefusal(answer.reason)) objects.refused(object.id, answer.reason.message)
    }
  })
  const isDone = (answer: PromiseSettledResult<WriteOutcome>) =>
    answer.status === 'fulfilled' && answer.value.kind === 'done'
  onCounted?.({ uploaded: answers.filter(isDone).length })
  for (const answer of answers) {
    if (answer.status === 'fulfilled') continue
    if (!isRefusal(answer.reason)) throw answer.reason
    log.warn({ code: answer.reason.code }, 'a change of an object was refused')
    context.onRefused?.(answer.reason)
  }
}

function send(remote: RemoteCollection, { href, etag, octets, isGone }: PendingObject): Promise<WriteOutcome> {
  if (!isGone) return remote.write(href, octets, etag === undefined ? 'absent' : { etag })
  // What was sent and never confirmed has no ETag that we know: the refusal makes us read it.
  return remote.remove(href, { etag: etag ?? 'unknown' })
}
