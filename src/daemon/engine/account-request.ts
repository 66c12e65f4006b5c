import { type DavUrl, parseDavUrl } from '../../config/dav-url.ts'
import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import { hasCollections, hasMailServer } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import type { Network } from '../network/network.ts'
import { externalCredentialsOf } from '../oauth/credentials.ts'
import { noClientCertificate } from '../runs/run-outcomes.ts'
import { syncSettingsOf } from '../runs/sync-settings.ts'
import type { Reached, WatchRequest } from './engine-protocol.ts'

/** Where the ways to servers come from. */
export type Ways = Pick<Network, 'proxyTo' | 'identityOf' | 'explain'>

/**
 * Says what the engine needs to know of an account; undefined while there is no server, or no password to sign in
 * with. Whether there are tokens turns out when one is asked for.
 *
 * @throws {PosternError} NET_PROXY_UNUSABLE, PROFILE_NO_CLIENT_CERTIFICATE
 */
export async function requestOf(
  profile: Profile,
  secrets: Pick<Secrets, 'find'>,
  ways: Ways,
): Promise<WatchRequest | undefined> {
  const { number, dir } = profile
  const imap = hasMailServer(profile) ? parseUpstreamUrl(profile.imap) : undefined
  if (!imap && !hasCollections(profile)) return undefined
  const identity = await ways.identityOf(profile)
  const signIn = signInOf(profile, secrets, identity)
  if (!signIn) return undefined
  return {
    ...{ profile: number, storeDir: dir, user: profile.user ?? profile.email },
    mail: imap && { server: imap, proxy: await ways.proxyTo(profile, imap) },
    collections: await reached(profile.dav, profile, ways),
    addressBooks: await reached(profile.carddav, profile, ways),
    ...signIn,
    settings: syncSettingsOf(profile),
    identity,
  }
}

async function reached(url: string | undefined, profile: Profile, ways: Ways): Promise<Reached<DavUrl> | undefined> {
  const server = url === undefined ? undefined : parseDavUrl(url)
  return server && { server, proxy: await ways.proxyTo(profile, server) }
}

type SignIn = Pick<WatchRequest, 'password' | 'mechanism' | 'external'>

function signInOf(
  profile: Profile,
  secrets: Pick<Secrets, 'find'>,
  identity: ClientIdentity | undefined,
): SignIn | undefined {
  const { auth, number } = profile
  if (auth === 'oauth2') return { password: undefined }
  if (auth === 'external') {
    if (!identity) throw noClientCertificate(profile)
    return { password: undefined, external: externalCredentialsOf(profile) }
  }
  const password = secrets.find(number, 'password')
  return password === undefined ? undefined : { password, mechanism: auth }
}
