import { PosternError } from '../../errors.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { PendingMove } from '../../store/queries/pending-changes.ts'
import type { FolderRow } from '../../store/rows.ts'
import { openForChanges } from '../download/open-folder.ts'
import { headerHashOf } from '../local/header-hash.ts'
import { EXPUNGE_ISSUED, isRefusal, isThrottled, refusalCode } from '../refusal.ts'
import type { RemoteMail, WritableFolder } from '../remote.ts'
import { isPushable, type PushContext, refusable } from './push-account.ts'

const MAX_BATCH_MESSAGES = 500

/** Moves messages on the server: by MOVE, or by COPY with the originals left to be expunged. */
export async function pushMoves(context: PushContext): Promise<void> {
  const { store } = context
  const folders = new Map(store.read.folders().map(folder => [folder.id, folder]))
  for (const sourceId of store.read.pending.movedFrom()) {
    const source = folders.get(sourceId)
    if (source && isPushable(source)) await refusable(context, source.path, () => moveFrom(context, source, folders))
  }
}

async function moveFrom(
  context: PushContext,
  source: FolderRow,
  folders: ReadonlyMap<number, FolderRow>,
): Promise<void> {
  const { store } = context
  const selected = await openForChanges(context, source)
  if (!selected) return
  if (selected.readOnly) {
    store.transact(({ readOnly }) => readOnly.note(source.id, true)) // decided before the next PUSH
    return
  }
  const moves = store.read.pending.moves(source.id)
  for (const [destinationId, group] of Map.groupBy(moves, ({ destination }) => destination)) {
    const destination = folders.get(destinationId)
    if (!destination || !isPushable({ ...destination, uidValidity: 0 })) continue
    for (let at = 0; at < group.length; at += MAX_BATCH_MESSAGES) {
      await moveBatch(context, selected, destination, group.slice(at, at + MAX_BATCH_MESSAGES))
    }
  }
}

// Only what has no Message-ID is recognised by its header; one that cannot be read keeps no message from being moved.
function recognisableHash({ store }: PushContext, { messageId, location }: PendingMove): Buffer | undefined {
  if (messageId !== undefined) return undefined
  try {
    return headerHashOf(store.read, location)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_PACK_DAMAGED') return undefined
    throw error
  }
}

async function moveBatch(
  context: PushContext,
  selected: WritableFolder,
  destination: FolderRow,
  batch: readonly PendingMove[],
): Promise<void> {
  const { store, remote } = context
  const hashes = batch.map(move => recognisableHash(context, move))
  store.transact(transactor => {
    for (const [index, { item }] of batch.entries()) transactor.push.moveStarted(item, destination.id, hashes[index])
  })
  const uids = UidSet.of(batch.map(({ uid }) => uid))
  const isCopy = !remote.features.move
  await refusable(context, destination.path, async () => {
    try {
      const given = await transfer(remote, selected, uids, destination.path)
      store.transact(transactor => {
        for (const { item, uid } of batch) transactor.push.moved(item, given.get(uid), isCopy)
      })
    } catch (error) {
      if (isRefusal(error)) settleRefused(context, batch, error)
      throw error
    }
  })
}

/** A server that has no time now is asked again by the next cycle; one that does not want to gets its way. */
function settleRefused({ store }: PushContext, batch: readonly PendingMove[], error: PosternError): void {
  const isLater = isThrottled(error) || refusalCode(error) === EXPUNGE_ISSUED
  store.transact(({ push }) => {
    for (const { item } of batch) {
      if (isLater) push.moveDeferred(item)
      else push.moveRefused(item, error.message)
    }
  })
}

/**
 * Moves or copies. A destination that somebody has deleted meanwhile is made again; when somebody has removed one of the
 * messages meanwhile, the server may refuse them all once.
 */
async function transfer(remote: RemoteMail, selected: WritableFolder, uids: UidSet, path: string) {
  const attempt = () => (remote.features.move ? selected.move(uids, path) : selected.copy(uids, path))
  try {
    return await attempt()
  } catch (error) {
    const code = refusalCode(error)
    if (code === 'TRYCREATE') await remote.createFolder(path)
    else if (code !== EXPUNGE_ISSUED) throw error
  }
  return await attempt()
}
