import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import { hasMailServer } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { Network } from '../network/network.ts'
import { syncSettingsOf } from '../runs/sync-settings.ts'
import type { WatchRequest } from './engine-protocol.ts'

/** Where the ways to servers come from. */
export type Ways = Pick<Network, 'proxyTo' | 'identityOf' | 'explain'>

/**
 * Says what the engine needs to know of an account; undefined while there is no mail server, or no password to sign in
 * with. Whether there are tokens turns out when one is asked for.
 *
 * @throws {PosternError} NET_PROXY_UNUSABLE
 */
export async function requestOf(
  profile: Profile,
  secrets: Pick<Secrets, 'find'>,
  ways: Ways,
): Promise<WatchRequest | undefined> {
  const { number, dir, auth } = profile
  if (!hasMailServer(profile)) return undefined
  const imap = parseUpstreamUrl(profile.imap)
  const password = secrets.find(number, 'password')
  if (!imap || (password === undefined && auth !== 'oauth2')) return undefined
  return {
    ...{ profile: number, storeDir: dir, imap, user: profile.user ?? profile.email },
    ...(auth === 'oauth2' ? { password: undefined } : { password, mechanism: auth }),
    settings: syncSettingsOf(profile),
    proxy: await ways.proxyTo(profile, imap),
    identity: await ways.identityOf(profile),
  }
}
