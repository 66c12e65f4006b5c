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

/** How often a folder is synchronized: often, now and then, or on demand only. */
export type FolderClass = 'priority' | 'standard' | 'other'

/** Tells a folder's class: it is automatic when it matches a pattern (`*` stands for any text), and may have priority then. */
export function folderClass(
  path: string,
  { automaticFolders, priorityFolders }: Pick<SyncSettings, 'automaticFolders' | 'priorityFolders'>,
): FolderClass {
  if (priorityFolders.some(pattern => matches(pattern, path))) return 'priority'
  return automaticFolders.some(pattern => matches(pattern, path)) ? 'standard' : 'other'
}

function matches(pattern: string, path: string): boolean {
  if (pattern.toLowerCase() === 'inbox') return path === 'INBOX'
  const parts = pattern.split('*')
  const [first = '', ...rest] = parts
  if (!path.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return path.length - part.length >= at && path.endsWith(part)
    const found = path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at === path.length
}
