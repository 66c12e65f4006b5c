import type { BodyPart, FolderRow, StagedRow } from '../../store/rows.ts'
import type { SelectedFolder } from '../remote.ts'
import { openPlanned } from './open-folder.ts'
import { PackSink } from './pack-sink.ts'
import type { TransferContext } from './transfer-folder.ts'

const BATCH_MESSAGES = 50 // committed together: there are few

/** Fetches bodies of a folder again that cannot be read any more; their items stay what they are. */
export async function refetchDamaged(context: TransferContext, folder: FolderRow): Promise<void> {
  const { store } = context
  if (store.read.damagedOnServer(folder.id).length === 0) return
  const selected = await openPlanned(context, folder)
  if (!selected) return
  const damaged = store.read.damagedOnServer(folder.id)
  for (const [part, items] of Map.groupBy(damaged, ({ bodyState }) => bodyState)) {
    for (let at = 0; at < items.length; at += BATCH_MESSAGES) {
      await refetch(context, selected, { part, items: items.slice(at, at + BATCH_MESSAGES) })
    }
  }
}

async function refetch(
  context: TransferContext,
  selected: SelectedFolder,
  { part, items }: { readonly part: BodyPart; readonly items: readonly StagedRow[] },
): Promise<void> {
  const { store, importer } = context
  await using writer = store.openPackWriter()
  const sink = new PackSink(writer)
  const batches = [{ uids: items.map(({ uid }) => uid), part }]
  await selected.download(async () => batches.pop(), sink)
  const ends = await writer.sync()
  const arrived = items.flatMap(item => {
    const location = sink.locations.get(item.uid)
    return location ? [{ ...item, location }] : []
  })
  // Counted first: the importer reads no further than what counts.
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
  })
  const outcomes = await importer.digest(arrived)
  store.transact(({ damaged }) => {
    for (const { id, uid } of items) if (!sink.locations.has(uid)) damaged.failed(id)
    for (const [index, { id, location }] of arrived.entries()) {
      const outcome = outcomes[index]
      if (outcome?.kind === 'digest') damaged.replace(id, part, location, outcome.digest.sha256)
      else damaged.failed(id)
    }
  })
}
