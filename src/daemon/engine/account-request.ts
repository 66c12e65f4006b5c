import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import type { Network } from '../network/network.ts'
import { externalCredentialsOf } from '../oauth/credentials.ts'
import { noClientCertificate } from '../runs/run-outcomes.ts'
import { syncSettingsOf } from '../runs/sync-settings.ts'
import type { WatchRequest } from './engine-protocol.ts'

/** Where the ways to servers come from. */
export type Ways = Pick<Network, 'proxyTo' | 'identityOf' | 'explain'>

/**
 * Says what the engine needs to know of an account; undefined while there is no password to sign in with. Whether there
 * are tokens turns out when one is asked for.
 *
 * @throws {PosternError} NET_PROXY_UNUSABLE, PROFILE_NO_CLIENT_CERTIFICATE
 */
export async function requestOf(profile: Profile, secrets: Secrets, ways: Ways): Promise<WatchRequest | undefined> {
  const { number, dir } = profile
  const imap = parseUpstreamUrl(profile.imap)
  const identity = await ways.identityOf(profile)
  const signIn = signInOf(profile, secrets, identity)
  if (!imap || !signIn) return undefined
  return {
    ...{ profile: number, storeDir: dir, imap, user: profile.user ?? profile.email },
    ...signIn,
    settings: syncSettingsOf(profile),
    proxy: await ways.proxyTo(profile, imap),
    identity,
  }
}

type SignIn = Pick<WatchRequest, 'password' | 'mechanism' | 'external'>

function signInOf(profile: Profile, secrets: Secrets, identity: ClientIdentity | undefined): SignIn | undefined {
  const { auth, number } = profile
  if (auth === 'oauth2') return { password: undefined }
  if (auth === 'external') {
    if (!identity) throw noClientCertificate(profile)
    return { password: undefined, external: externalCredentialsOf(profile) }
  }
  const password = secrets.find(number, 'password')
  return password === undefined ? undefined : { password, mechanism: auth }
}
