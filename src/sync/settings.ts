/** What the user has chosen, as far as a run needs to know it. The words are those of the profile's settings. */
export interface SyncSettings {
  readonly conflictResolution: 'server' | 'client'
  /** Up to this many messages a folder is compared whole in every run. */
  readonly fullSyncThreshold: number
  readonly revertReadOnly: boolean
  readonly downloadMode: 'full' | 'custom' | 'headers'
  /** With `custom`: larger messages come as headers. Megabytes of 1,000,000 octets. */
  readonly downloadThresholdMb: number
  readonly downloadFilesFully: boolean
  /** Older mail comes as headers; 0 for no limit. */
  readonly keepDays: number
  readonly metered: boolean
  readonly pauseMs: number
  /** Kilobytes per second; 0 for no limit. */
  readonly downloadKBps: number
  readonly uploadKBps: number
  /** Patterns of folders, see {@link folderClass}. */
  readonly automaticFolders: readonly string[]
  readonly priorityFolders: readonly string[]
}

/** What a profile has that changes nothing. */
export const DEFAULT_SYNC_SETTINGS: SyncSettings = {
  conflictResolution: 'server',
  fullSyncThreshold: 1024,
  revertReadOnly: true,
  downloadMode: 'full',
  downloadThresholdMb: 5,
  downloadFilesFully: true,
  keepDays: 0,
  metered: false,
  pauseMs: 0,
  downloadKBps: 0,
  uploadKBps: 0,
  automaticFolders: ['*'],
  priorityFolders: ['INBOX'],
}

export { type FolderClass, folderClass } from './folder-class.ts'
