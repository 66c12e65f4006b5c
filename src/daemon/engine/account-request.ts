import { type DavUrl, parseDavUrl } from '../../config/dav-url.ts'
import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import { hasCollections, hasMailServer } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { Network } from '../network/network.ts'
import { syncSettingsOf } from '../runs/sync-settings.ts'
import type { Reached, WatchRequest } from './engine-protocol.ts'

/** Where the ways to servers come from. */
export type Ways = Pick<Network, 'proxyTo' | 'identityOf' | 'explain'>

/**
 * Says what the engine needs to know of an account; undefined while there is no server, or no password to sign in
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
  const imap = hasMailServer(profile) ? parseUpstreamUrl(profile.imap) : undefined
  const password = secrets.find(number, 'password')
  if ((!imap && !hasCollections(profile)) || (password === undefined && auth !== 'oauth2')) return undefined
  return {
    ...{ profile: number, storeDir: dir, user: profile.user ?? profile.email },
    mail: imap && { server: imap, proxy: await ways.proxyTo(profile, imap) },
    collections: await reached(profile.dav, profile, ways),
    addressBooks: await reached(profile.carddav, profile, ways),
    ...(auth === 'oauth2' ? { password: undefined } : { password, mechanism: auth }),
    settings: syncSettingsOf(profile),
    identity: await ways.identityOf(profile),
  }
}

async function reached(url: string | undefined, profile: Profile, ways: Ways): Promise<Reached<DavUrl> | undefined> {
  const server = url === undefined ? undefined : parseDavUrl(url)
  return server && { server, proxy: await ways.proxyTo(profile, server) }
}
