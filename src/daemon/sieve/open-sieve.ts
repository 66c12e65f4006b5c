import { parseUpstreamUrl } from '../../config/upstream-url.ts'
import type { Profile } from '../../profile/profiles.ts'
import { mailAccountOf } from '../../profile/sign-in-guard.ts'
import { Approvals } from '../../tls/approvals.ts'
import { verifyPeers } from '../../tls/verified-peer.ts'
import { connectSieve } from '../../upstream/sieve/client.ts'
import type { SieveSession } from '../../upstream/sieve/session.ts'
import type { Installation } from '../installation.ts'
import { mailCredentialsOf } from '../oauth/credentials.ts'

/**
 * Signs in to the ManageSieve server of a profile, with what it signs in to its IMAP server with, unless too many refusals
 * have stopped that. The signal ends the session too.
 *
 * @throws {PosternError} PROFILE_NO_PASSWORD, PROFILE_SIGN_IN_STOPPED, NET_…, TLS_…, UPSTREAM_…
 */
export async function openSieve(
  installation: Installation,
  profile: Profile & { readonly sieve: string },
  signal: AbortSignal,
): Promise<SieveSession> {
  const peer = parseUpstreamUrl(profile.sieve)
  if (!peer) throw new Error('a profile with an invalid ManageSieve URL')
  const { tokens, network } = installation
  const known = await mailCredentialsOf(profile, { secrets: () => installation.secrets(), tokens })
  const verifier = verifyPeers(new Approvals(installation.approvalsFile), {
    identity: await network.identityOf(profile),
  })
  const proxy = await network.proxyTo(profile, peer)
  const signIn = await installation.signIns.begin(mailAccountOf(profile))
  const account = { peer, security: peer.security, proxy, credentials: async () => known }
  try {
    const session = await connectSieve(account, { verifier }, signal)
    signIn.accepted()
    return session
  } catch (error) {
    await signIn.failed(error)
    throw signal.aborted ? error : await network.explain(profile, error)
  }
}
