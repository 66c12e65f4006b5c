import type { CommandContext } from '../command.ts'
import { SyncProgress } from '../sync-progress.ts'
import { printable } from '../terminal.ts'
import { withControl } from '../with-control.ts'

/** What a run answers. */
export interface SyncDocument {
  readonly downloaded: number
  readonly imported: number
  readonly uploaded: number
  readonly ignored: number
  readonly conflicts: number
  readonly errors: readonly { folder: string; code: string; message: string }[]
}

/** What is synchronized, and how. */
export interface SyncRequest {
  readonly profile: string | undefined
  /** All when it is empty. */
  readonly folders: readonly string[]
  readonly structureOnly?: boolean
  readonly retrySignIn?: boolean
  /** Whether a daemon may do it while nobody waits. */
  readonly mayLeave?: boolean
}

/** Synchronizes, and shows the progress to people. */
export async function synchronize(
  { profile, folders, structureOnly = false, retrySignIn = false, mayLeave = false }: SyncRequest,
  context: CommandContext,
): Promise<SyncDocument> {
  const { terminal, signal } = context
  const params = { profile, folders, structureOnly, retrySignIn }
  const progress = new SyncProgress(terminal)
  const document = await withControl(context, async control => {
    if (mayLeave && control.isDaemon) return control.call('sync.start', params, { signal })
    return control.call('sync', params, { signal, onEvent: progress.onEvent })
  })
  return document as SyncDocument // src/sync/progress.ts
}

/** Writes what a run did, for people. */
export function describeSync({ downloaded, imported, uploaded, ignored, conflicts, errors }: SyncDocument): string {
  return [
    `Downloaded ${downloaded}, uploaded ${uploaded}, internal ${imported}${ignored > 0 ? `, ignored ${ignored}` : ''}`,
    ...(conflicts > 0 ? [`${conflicts} conflicts: the version that lost is kept, see postern conflict list`] : []),
    ...errors.map(({ folder, message }) => `${printable(folder)}: ${printable(message)}`),
  ].join('\n')
}
