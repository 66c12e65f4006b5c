/** The counters that users know. X of Y each; octets are of bodies. */
export interface SyncCounters {
  downloaded: number
  toDownload: number
  uploaded: number
  toUpload: number
  imported: number
  toImport: number
  downloadedOctets: number
  toDownloadOctets: number
}

/** What is told of a run's progress. */
export type ProgressEvent =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'counters'; readonly path: string; readonly counters: Readonly<SyncCounters> }
  /** The server has said nothing for long although it is waited for; told again while it lasts. */
  | { readonly kind: 'slow'; readonly path: string; readonly silentMs: number }

/** What the engine tells while it works. */
export type SyncEvent =
  | ProgressEvent
  /** The mail server took the user name and the password, or that of the collections. */
  | { readonly kind: 'signed-in'; readonly server?: 'collections' }
  /** What the server's annotation for policies holds; undefined for nothing. */
  | { readonly kind: 'policy'; readonly text: string | undefined }

/** In place of a folder: all calendars and address books, whose server failed while mail went on. */
export const COLLECTIONS = 'calendars and address books'

/** A folder that failed; the others went on. */
export interface FolderFailure {
  readonly folder: string
  readonly code: string
  readonly message: string
}

/** What a run did. */
export interface SyncResult {
  readonly downloaded: number
  readonly imported: number
  readonly uploaded: number
  readonly ignored: number
  /** Versions that lost and are kept since this run. */
  readonly conflicts: number
  readonly errors: readonly FolderFailure[]
}

/** Makes counters at zero. */
export function newCounters(): SyncCounters {
  return {
    downloaded: 0,
    toDownload: 0,
    uploaded: 0,
    toUpload: 0,
    imported: 0,
    toImport: 0,
    downloadedOctets: 0,
    toDownloadOctets: 0,
  }
}

/** Of a run that did nothing. */
export function noResult(): SyncResult {
  return { downloaded: 0, imported: 0, uploaded: 0, ignored: 0, conflicts: 0, errors: [] }
}

/** Adds what two parts of a run did. */
export function addResults(one: SyncResult = noResult(), other: SyncResult = noResult()): SyncResult {
  return {
    downloaded: one.downloaded + other.downloaded,
    imported: one.imported + other.imported,
    uploaded: one.uploaded + other.uploaded,
    ignored: one.ignored + other.ignored,
    conflicts: one.conflicts + other.conflicts,
    errors: [...one.errors, ...other.errors],
  }
}
