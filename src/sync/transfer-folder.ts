import type { FolderRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { runDownload } from './download-folder.ts'
import { FolderImport } from './import-folder.ts'
import type { Importer } from './importer.ts'
import { newCounters, type SyncCounters, type SyncEvent } from './progress.ts'
import type { RemoteMail } from './remote.ts'
import type { SyncSettings } from './settings.ts'

/** What a transfer works with. */
export interface TransferContext {
  readonly store: Store
  readonly remote: RemoteMail
  readonly importer: Importer
  readonly settings: SyncSettings
  readonly clock: () => number
  readonly onEvent: (event: SyncEvent) => void
}

/** DOWNLOAD and IMPORT of a folder, side by side: what is durable is imported while the rest is still coming. */
export async function transferFolder(context: TransferContext, folder: FolderRow, totals: SyncCounters): Promise<void> {
  const { store, remote, importer, onEvent } = context
  const { toDownload, octets, toImport } = store.read.queued(folder.id)
  if (toDownload + toImport === 0) return
  onEvent({ kind: 'folder', path: folder.path })
  const counters = newCounters()
  counters.toDownload = toDownload
  counters.toDownloadOctets = octets
  counters.toImport = toDownload + toImport
  const tell = () => onEvent({ kind: 'counters', path: folder.path, counters: { ...counters } })
  tell()
  const imports = new FolderImport(store, importer, folder.id, count => {
    counters.imported += count
    totals.imported += count
    tell()
  })
  imports.poke()
  try {
    if (toDownload > 0) {
      const selected = await remote.examine(folder.path)
      await using writer = store.openPackWriter()
      await runDownload(store, writer, Object.assign(selected, { folder: folder.id }), {
        committed: (count, octets) => {
          counters.downloaded += count
          counters.downloadedOctets += octets
          totals.downloaded += count
          tell()
          imports.poke()
        },
      })
    }
  } finally {
    await imports.finish()
  }
}
