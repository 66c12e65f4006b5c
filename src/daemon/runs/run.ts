import type { PosternError } from '../../errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { SyncScope } from '../../sync/choose-folders.ts'
import type { SyncRun } from '../../sync/cycle.ts'
import type { FetchProgress } from '../../sync/download/body-fetcher.ts'
import type { ProgressEvent, SyncResult } from '../../sync/progress.ts'

/** What a run is to do. */
export interface RunOptions {
  readonly folders: readonly string[]
  /** Which folders, when none is named. */
  readonly scope: SyncScope
  readonly structure: SyncRun['structure']
  readonly onEvent: (event: ProgressEvent) => void
  readonly signal: AbortSignal
  /** Whether a person asked: lets a held profile try once more. */
  readonly isExplicit: boolean
  /** Whether a person believes that a refused password is right after all. */
  readonly retrySignIn?: boolean
}

/** What a run has come to. A bug counts as a failure, with the code BUG. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly result: SyncResult }
  | { readonly kind: 'failed'; readonly error: PosternError }
  /** Broken off by whoever asked for it, or because the daemon is ending. */
  | { readonly kind: 'stopped' }

/** Is told of every run, whoever asked for it. */
export interface RunObserver {
  started(profile: Profile, run: RunOptions): void
  ended(profile: Profile, run: RunOptions, outcome: RunOutcome): void
  /** All connections of before are dead. */
  reconnecting?(): void
}

/** How bodies are fetched on demand. */
export interface FetchOptions {
  readonly timeoutMs: number
  readonly onProgress: (progress: FetchProgress) => void
  readonly signal: AbortSignal
}
