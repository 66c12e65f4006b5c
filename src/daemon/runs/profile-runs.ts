import type { ProgressEvent } from '../../sync/progress.ts'
import type { SlowServer } from './slow-server.ts'

/** The runs of one profile: the one under way, and those that wait behind it. */
export interface ProfileRuns {
  /** Ends when the run under way, and those that wait behind it, have ended. */
  last: Promise<unknown>
  waiting: number
  /** What is done between two runs, or waits to be. */
  alone: number
  crashes: number
  /** Breaks off the run under way, and those that wait. */
  cancel: AbortController
  /** Breaks the run under way off, so that it begins anew on another connection. */
  reconnect: AbortController
  readonly watchers: Set<(event: ProgressEvent) => void>
  /** While the server says nothing, and when that was told. */
  slow: (SlowServer & { readonly toldMs: number }) | undefined
}

/** Makes what is known of a profile before its first run. */
export function newProfileRuns(): ProfileRuns {
  return {
    last: Promise.resolve(),
    waiting: 0,
    alone: 0,
    crashes: 0,
    cancel: new AbortController(),
    reconnect: new AbortController(),
    watchers: new Set(),
    slow: undefined,
  }
}
