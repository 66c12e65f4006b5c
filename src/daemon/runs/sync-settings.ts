import type { ProfileSettings } from '../../config/profile-settings.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../sync/settings.ts'

/** Picks what a run needs to know of a profile's settings. */
export function syncSettingsOf(settings: ProfileSettings): SyncSettings {
  const entries = Object.keys(DEFAULT_SYNC_SETTINGS).map(key => [key, settings[key as keyof SyncSettings]])
  return Object.fromEntries(entries) as unknown as SyncSettings // the keys are those of SyncSettings, of the same types
}
