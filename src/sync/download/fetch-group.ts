import { PosternError } from '../../errors.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { StagedRow } from '../../store/rows.ts'
import type { SyncErrorCode } from '../errors.ts'
import type { RemoteMail } from '../remote.ts'
import { type BodyGroup, type FetchContext, type PendingBody, unreachable } from './body-fetcher.ts'
import { PackSink } from './pack-sink.ts'

/** So many are made durable together. */
export const MAX_GROUP_MESSAGES = 50
/** And so many octets of them, a single one may have more. */
export const MAX_GROUP_OCTETS = 8 * 1_048_576

/** Fetches messages of one folder; gives those that have moved meanwhile. All others are settled. */
export async function fetchGroup(remote: RemoteMail, group: BodyGroup): Promise<readonly PendingBody[]> {
  const [first] = group
  if (!first) return []
  const { context } = first.pending
  const { store } = context
  const selected = await remote.examine(first.place.path)
  if (selected.uidValidity !== first.place.uidValidity) {
    for (const { pending } of group) pending.done.reject(unreachable(pending.item, 'its folder is numbered anew'))
    return []
  }
  await using writer = store.openPackWriter()
  const sink = new PackSink(writer, progressOf(group))
  const batches = [{ uids: group.map(({ place }) => place.uid), part: 'full' as const }]
  try {
    await selected.download(async () => batches.pop(), sink)
  } catch (error) {
    writer.abort()
    throw error
  }
  const ends = await writer.sync()
  // Counted first: the importer reads no further than what counts.
  store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
  })
  await complete(context, group, sink.locations)
  const absent = group.filter(({ place }) => !sink.locations.has(place.uid))
  return absent.flatMap(({ pending, place }) => {
    const now = store.read.incoming.placeOf(pending.item)
    if (now && (now.uid !== place.uid || now.path !== place.path)) return [pending]
    pending.done.reject(sink.refusal ?? gone(pending.item))
    return []
  })
}

async function complete(
  { store, importer }: FetchContext,
  group: BodyGroup,
  locations: ReadonlyMap<number, PackLocation>,
): Promise<void> {
  const rows: StagedRow[] = []
  const arrived: PendingBody[] = []
  for (const { pending, place } of group) {
    const location = locations.get(place.uid)
    if (!location) continue
    rows.push({ id: pending.item, folder: place.folder, uid: place.uid, location })
    arrived.push(pending)
  }
  if (rows.length === 0) return
  const outcomes = await importer.digest(rows)
  store.transact(({ incoming }) => {
    for (const [index, { id, location }] of rows.entries()) {
      const outcome = outcomes[index]
      // Nothing is completed when the run under way was faster, or the item is gone.
      if (outcome?.kind === 'digest') incoming.bodies.complete(id, location, outcome.digest.sha256)
    }
  })
  for (const [index, pending] of arrived.entries()) {
    const outcome = outcomes[index]
    if (outcome?.kind === 'digest') pending.done.resolve()
    else pending.done.reject(unreachable(pending.item, outcome?.message ?? 'it could not be read back'))
  }
}

function progressOf(group: BodyGroup): (octets: number) => void {
  const total = group.reduce((sum, { place }) => sum + place.size, 0)
  let done = 0
  return octets => {
    done += octets
    for (const { pending } of group) {
      for (const watcher of pending.watchers) watcher({ kind: 'body', octets: done, total })
    }
  }
}

function gone(item: number): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_BODY_GONE', `The server has item ${item} no more where it was.`, {
    remedy: 'retry',
    advice: 'Run `postern sync`: it shows what has become of it.',
  })
}
