import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MaintenanceProgress } from '../problem.ts'

/** Runs work that blocks in small steps, and lets everything else have its turn between them. */
export async function drive<Result>(
  work: Generator<MaintenanceProgress, Result>,
  {
    onProgress,
    signal,
  }: { readonly onProgress: (progress: MaintenanceProgress) => void; readonly signal: AbortSignal },
): Promise<Result> {
  try {
    for (;;) {
      const { done, value } = work.next()
      if (done) return value
      onProgress(value)
      await nextTurn()
      signal.throwIfAborted()
    }
  } finally {
    work.return?.(undefined as never) // ends what is open when it was stopped; its value is nobody's
  }
}
