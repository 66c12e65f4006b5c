import type { PackLocation } from '../store/pack-format.ts'
import type { PackWriter } from '../store/pack-writer.ts'
import type { FolderRow, StagedRow } from '../store/rows.ts'
import type { BodySink, RemoteBody, SelectedFolder } from './remote.ts'
import type { TransferContext } from './transfer-folder.ts'

const BATCH_MESSAGES = 50 // committed together: there are few

/** Fetches bodies of a folder again that cannot be read any more; their items stay what they are. */
export async function refetchDamaged(context: TransferContext, folder: FolderRow): Promise<void> {
  const { store, remote } = context
  const damaged = store.read.damagedOnServer(folder.id)
  if (damaged.length === 0) return
  const selected = await remote.examine(folder.path)
  if (selected.uidValidity !== folder.uidValidity) return // numbered anew since PLAN: the next cycle knows
  for (let at = 0; at < damaged.length; at += BATCH_MESSAGES) {
    await refetch(context, selected, damaged.slice(at, at + BATCH_MESSAGES))
  }
}

async function refetch(context: TransferContext, selected: SelectedFolder, items: readonly StagedRow[]): Promise<void> {
  const { store, importer } = context
  await using writer = store.openPackWriter()
  const sink = new RefetchSink(writer)
  const batches = [{ uids: items.map(({ uid }) => uid), want: 'full' as const }]
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
      if (outcome?.kind === 'digest') damaged.replace(id, location, outcome.digest.sha256)
      else damaged.failed(id)
    }
  })
}

class RefetchSink implements BodySink {
  readonly #writer: PackWriter
  /** Where the bodies are, by UID. */
  readonly locations = new Map<number, PackLocation>()

  constructor(writer: PackWriter) {
    this.#writer = writer
  }

  begin(octets: number): void {
    this.#writer.begin(octets)
  }

  write(chunk: Buffer): void {
    this.#writer.write(chunk)
  }

  end({ uid }: RemoteBody): void {
    this.locations.set(uid, this.#writer.end())
  }

  missing(uid: number): void {
    this.locations.delete(uid)
  }

  drained(): Promise<void> | undefined {
    return this.#writer.drained()
  }
}
