import { parseDavUrl } from '../config/dav-url.ts'
import type { HostPort } from '../net/host-port.ts'
import type { Profile } from '../profile/profiles.ts'
import type { CollectionListing } from '../sync/objects/remote-collections.ts'
import { Approvals } from '../tls/approvals.ts'
import { verifyPeers } from '../tls/verified-peer.ts'
import { connectDav } from '../upstream/dav/client.ts'
import type { Credentials } from '../upstream/sign-in/credentials.ts'
import type { MailSignInTools } from './mail-sign-in.ts'

/**
 * Signs in to the servers of a profile's calendars and address books with these credentials, and lists what is there. The
 * caller counts refusals.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function listCollections(
  { network, approvalsFile, log, version: clientVersion }: MailSignInTools,
  profile: Profile & { readonly dav: string },
  credentials: Credentials,
  signal: AbortSignal,
): Promise<CollectionListing> {
  const server = parseDavUrl(profile.dav)
  if (!server) throw new Error('a profile with an invalid DAV URL')
  const addressBooks = profile.carddav === undefined ? undefined : parseDavUrl(profile.carddav)
  const verifier = verifyPeers(new Approvals(approvalsFile), { identity: await network.identityOf(profile) })
  const options = {
    verifier,
    proxyTo: (peer: HostPort) => network.proxyTo(profile, peer),
    approvedHosts: [server, addressBooks].flatMap(each => each?.host ?? []), // a person has named these
    ...{ credentials: async () => credentials, log, clientVersion },
  }
  const places = { url: new URL(server.url), addressBooks: addressBooks && new URL(addressBooks.url) }
  await using dav = connectDav(places, options, signal)
  return await dav.list().catch(async error => {
    throw await network.explain(profile, error)
  })
}
