import { PosternError } from '../../errors.ts'
import type { PendingMove } from '../../store/queries/pending-changes.ts'
import type { FolderRow } from '../../store/rows.ts'
import { openForChanges } from '../download/open-folder.ts'
import { headerHashOf } from '../local/header-hash.ts'
import { MoveBatch } from './move-batch.ts'
import { isPushable, type PushContext, refusable } from './push-account.ts'

const MAX_BATCH_MESSAGES = 500

/** Moves messages on the server: by MOVE, or by COPY with the originals left to be expunged. */
export async function pushMoves(context: PushContext): Promise<void> {
  const { store } = context
  const folders = new Map(store.read.folders().map(folder => [folder.id, folder]))
  for (const sourceId of store.read.pending.movedFrom()) {
    const source = folders.get(sourceId)
    if (source && isPushable(store, source))
      await refusable(context, source.path, () => moveFrom(context, source, folders))
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
    if (!destination || !isPushable(store, { ...destination, uidValidity: 0 })) continue
    for (let at = 0; at < group.length; at += MAX_BATCH_MESSAGES) {
      const moves = group.slice(at, at + MAX_BATCH_MESSAGES)
      const recognisable = moves.map(move => ({ ...move, headerHash: recognisableHash(context, move) }))
      const batch = new MoveBatch(context, { source: selected, destination }, recognisable)
      await refusable(context, destination.path, () => batch.run())
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
