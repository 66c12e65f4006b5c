import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import { syncSettingsOf } from '../runs/sync-settings.ts'
import type { WatchRequest } from './engine-protocol.ts'

/**
 * Says what the engine needs to know of an account; undefined while there is no password to sign in with. Whether there
 * are tokens turns out when one is asked for.
 */
export function requestOf(profile: Profile, secrets: Secrets): WatchRequest | undefined {
  const { number, dir, auth } = profile
  const imap = parseUpstreamUrl(profile.imap)
  if (!imap) return undefined
  const user = profile.user ?? profile.email
  const account = { profile: number, storeDir: dir, imap, user, settings: syncSettingsOf(profile) }
  if (auth === 'oauth2') return { ...account, password: undefined }
  const password = secrets.find(number, 'password')
  return password === undefined ? undefined : { ...account, password, mechanism: auth }
}
