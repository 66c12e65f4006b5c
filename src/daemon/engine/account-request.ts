import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { Network } from '../network/network.ts'
import { syncSettingsOf } from '../runs/sync-settings.ts'
import type { WatchRequest } from './engine-protocol.ts'

/** Where the ways to servers come from. */
export type Ways = Pick<Network, 'proxyTo' | 'identityOf' | 'explain'>

/**
 * Says what the engine needs to know of an account; undefined while there is no password to sign in with.
 *
 * @throws {PosternError} NET_PROXY_UNUSABLE
 */
export async function requestOf(profile: Profile, secrets: Secrets, ways: Ways): Promise<WatchRequest | undefined> {
  const { number, dir, user, email } = profile
  const password = secrets.find(number, 'password')
  const imap = parseUpstreamUrl(profile.imap)
  if (password === undefined || !imap) return undefined
  return {
    profile: number,
    storeDir: dir,
    imap,
    user: user ?? email,
    password,
    settings: syncSettingsOf(profile),
    proxy: await ways.proxyTo(profile, imap),
    identity: await ways.identityOf(profile),
  }
}
