/** Counters that a server tells of a folder; what it did not tell is undefined. */
export interface FolderNews {
  readonly uidValidity: number | undefined
  readonly uidNext: number | undefined
  readonly messages: number | undefined
  readonly highestModseq: bigint | undefined
}

/** Takes what a server tells while it is watched. */
export interface WatchSink {
  /** A folder's counters; `isFirst` when they are the state at the beginning, which need not be a change. */
  counters(path: string, news: FolderNews, isFirst: boolean): void
  /** Something in the folder has changed. */
  changed(path: string): void
  /** Folders came, went or were renamed. */
  structureChanged(): void
  /** The server lost track: anything may have changed. */
  missed(): void
}

/** A signed-in connection that does nothing but wait for what the server tells. Implemented by `upstream/imap`. */
export interface RemoteWatch extends AsyncDisposable {
  /** What the server can: tell of all folders (RFC 5465), of one (RFC 2177). */
  readonly ways: { readonly notify: boolean; readonly idle: boolean }
  /** Watches the user's own folders, and those of the paths that are not among them. Resolves when it has begun. */
  notify(paths: readonly string[], sink: WatchSink): Promise<void>
  /** Watches one folder. Resolves when it has begun. */
  idle(path: string, sink: WatchSink): Promise<void>
  /** Resolves with the reason when the connection has ended, or did not answer when it was asked whether it lives. */
  readonly ended: Promise<unknown>
}

/** Connects and signs in; as `ConnectMail` otherwise. */
export type ConnectWatch = (signal: AbortSignal) => Promise<RemoteWatch>
