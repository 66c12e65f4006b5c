export type { ProgressEvent, SyncCounters } from '../../sync/progress.ts'
export { describeSlowServer } from '../runs/slow-server.ts'

/** What a call may carry. */
export interface CallOptions {
  readonly onEvent?: (event: unknown) => void
  readonly signal: AbortSignal
}

/** The way to everything that an installation can do: through its daemon, or right here while there is none. */
export interface Control extends AsyncDisposable {
  /** Whether a daemon answers. */
  readonly isDaemon: boolean
  call(method: string, params: object, options: CallOptions): Promise<unknown>
  octets(method: string, params: object, options: CallOptions): AsyncIterable<Uint8Array>
}
