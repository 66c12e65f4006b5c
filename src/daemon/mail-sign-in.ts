import { parseUpstreamUrl } from '../config/upstream-url.ts'
import type { Logger } from '../log/logger.ts'
import { hasMailServer, isUnbound, mailElsewhere, profileUnbound } from '../profile/binding.ts'
import type { Profile } from '../profile/profiles.ts'
import { Approvals } from '../tls/approvals.ts'
import { verifyPeers } from '../tls/verified-peer.ts'
import { connectImap } from '../upstream/imap/client.ts'
import type { Credentials } from '../upstream/sign-in/credentials.ts'
import type { Network } from './network/network.ts'

/** What a sign-in is made with; an installation has it. */
export interface MailSignInTools {
  readonly network: Network
  readonly approvalsFile: string
  readonly log: Logger
  readonly version: string
}

/**
 * Signs in to a profile's IMAP server with these credentials. The caller counts refusals, and ends the session.
 *
 * @throws {PosternError} PROFILE_UNBOUND, PROFILE_MAIL_ELSEWHERE, UPSTREAM_…, NET_…, TLS_…
 */
export async function signInToMail(
  { network, approvalsFile, log, version }: MailSignInTools,
  profile: Profile,
  credentials: Credentials,
  signal: AbortSignal,
) {
  if (!hasMailServer(profile)) throw isUnbound(profile) ? profileUnbound(profile) : mailElsewhere(profile)
  const imap = parseUpstreamUrl(profile.imap)
  if (!imap) throw new Error('a profile with an invalid IMAP URL')
  const verifier = verifyPeers(new Approvals(approvalsFile), { identity: await network.identityOf(profile) })
  const proxy = await network.proxyTo(profile, imap)
  const account = { peer: imap, security: imap.security, credentials: async () => credentials, proxy }
  return connectImap(account, { verifier, log, clientVersion: version }, signal).catch(async error => {
    throw await network.explain(profile, error)
  })
}
