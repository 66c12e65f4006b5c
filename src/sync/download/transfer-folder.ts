import { setTimeout } from 'node:timers/promises'
import type { FolderRow } from '../../store/rows.ts'
import { chooseBodies } from '../plan/choose-bodies.ts'
import type { PlanContext } from '../plan/plan-folder.ts'
import { newCounters, type SyncCounters, type SyncEvent } from '../progress.ts'
import { type AskedCompanies, FreshBatches, SuspectBatches } from './download-batches.ts'
import { type DownloadEvents, runDownload } from './download-folder.ts'
import { FolderImport } from './import-folder.ts'
import type { Importer } from './importer.ts'
import { openPlanned } from './open-folder.ts'

/** What a transfer works with. */
export interface TransferContext extends PlanContext {
  readonly importer: Importer
  readonly onEvent: (event: SyncEvent) => void
  readonly signal: AbortSignal
  /** Waits for so many ms; rejects when the run is stopped. Injected by tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Which part of what is queued: what nothing is known against, or what failed, or was with something that did. */
export type TransferPass = 'fresh' | 'suspects'

/** What is to be done in a folder, and what is remembered of it during a run. */
export interface TransferWork {
  readonly pass: TransferPass
  readonly asked: AskedCompanies
  readonly totals: SyncCounters
}

/** DOWNLOAD and IMPORT of a folder, side by side: what is durable is imported while the rest is still coming. */
export async function transferFolder(context: TransferContext, folder: FolderRow, work: TransferWork): Promise<void> {
  const { store, importer, onEvent } = context
  const { totals } = work
  const { toDownload, octets, toImport } = store.read.queued(folder.id)
  if (toDownload + toImport === 0) return
  onEvent({ kind: 'folder', path: folder.path })
  const counters = newCounters()
  counters.toDownload = toDownload
  counters.toDownloadOctets = octets
  counters.toImport = toDownload + toImport
  const tell = () => onEvent({ kind: 'counters', path: folder.path, counters: { ...counters } })
  tell()
  const onImported = (count: number) => {
    counters.imported += count
    totals.imported += count
    tell()
  }
  const resolution = context.settings.conflictResolution
  const pause = pauseOf(context)
  const imports = new FolderImport({ store, importer, folder: folder.id, resolution, onImported, pause })
  imports.poke()
  try {
    if (toDownload > 0) {
      await download(context, folder, work, (count, octets) => {
        counters.downloaded += count
        counters.downloadedOctets += octets
        totals.downloaded += count
        tell()
        imports.poke()
      })
    }
  } finally {
    await imports.finish()
  }
}

async function download(
  context: TransferContext,
  folder: FolderRow,
  { pass, asked }: TransferWork,
  committed: DownloadEvents['committed'],
): Promise<void> {
  const { store } = context
  const selected = await openPlanned(context, folder)
  if (!selected) return
  // What was chosen by UIDs of an earlier session is forgotten.
  if (!selected.uidsAreSticky) await chooseBodies(context, folder)
  const place = { folder: folder.id, uidValidity: selected.uidValidity }
  const chooser = pass === 'fresh' ? new FreshBatches(store, place, asked) : new SuspectBatches(store, place, asked)
  await using writer = store.openPackWriter()
  await runDownload(selected, { store, writer, place, chooser, events: { committed } })
}

function pauseOf({ settings, signal, sleep = sleepFor }: TransferContext): (() => Promise<void>) | undefined {
  return settings.pauseMs > 0 ? () => sleep(settings.pauseMs, signal) : undefined
}

function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal })
}
