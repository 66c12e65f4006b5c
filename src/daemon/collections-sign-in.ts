import { parseDavUrl } from '../config/dav-url.ts'
import type { HostPort } from '../net/host-port.ts'
import type { NetworkProxy } from '../net/proxy/network-proxy.ts'
import type { Profile } from '../profile/profiles.ts'
import type { CollectionListing } from '../sync/objects/remote-collections.ts'
import { Approvals } from '../tls/approvals.ts'
import type { PeerVerifier } from '../tls/peer.ts'
import { verifyPeers } from '../tls/verified-peer.ts'
import { connectDav } from '../upstream/dav/client.ts'
import type { Credentials } from '../upstream/sign-in/credentials.ts'
import type { MailSignInTools } from './mail-sign-in.ts'

/** Where calendars and address books are. */
export interface CollectionsPlace {
  readonly dav: string
  /** Where the address books are elsewhere. */
  readonly carddav?: string | undefined
}

/** How their servers are reached. */
export interface CollectionsWay extends Pick<MailSignInTools, 'log' | 'version'> {
  readonly verifier: PeerVerifier
  readonly proxyTo: (peer: HostPort) => Promise<NetworkProxy | undefined>
}

/**
 * Signs in to the servers of a profile's calendars and address books with these credentials, and lists what is there. The
 * caller counts refusals.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function listCollections(
  { network, approvalsFile, ...tools }: MailSignInTools,
  profile: Profile & { readonly dav: string },
  credentials: Credentials,
  signal: AbortSignal,
): Promise<CollectionListing> {
  const verifier = verifyPeers(new Approvals(approvalsFile), { identity: await network.identityOf(profile) })
  const way = { ...tools, verifier, proxyTo: (peer: HostPort) => network.proxyTo(profile, peer) }
  return listCollectionsAt(profile, way, credentials, signal).catch(async error => {
    throw await network.explain(profile, error)
  })
}

/**
 * Lists the calendars and address books of an account that may be no profile's yet.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function listCollectionsAt(
  place: CollectionsPlace,
  { verifier, proxyTo, log, version: clientVersion }: CollectionsWay,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<CollectionListing> {
  const server = parseDavUrl(place.dav)
  if (!server) throw new Error('an account with an invalid DAV URL')
  const addressBooks = place.carddav === undefined ? undefined : parseDavUrl(place.carddav)
  const options = {
    ...{ verifier, proxyTo, log, clientVersion },
    approvedHosts: [server, addressBooks].flatMap(each => each?.host ?? []), // a person has named these
    credentials: async () => credentials,
  }
  const places = { url: new URL(server.url), addressBooks: addressBooks && new URL(addressBooks.url) }
  await using dav = connectDav(places, options, signal)
  return await dav.list()
}

/** Says how many calendars and address books there are. */
export function collectionsText({ collections }: CollectionListing): string {
  const count = (wanted: string) => collections.filter(({ kind }) => kind === wanted).length
  return `signed in, ${count('calendar')} calendars, ${count('addressbook')} address books`
}
