import type { DiscoverErrorCode } from '../../discover/errors.ts'
import type { Offer } from '../../discover/offer.ts'
import { type DavRoot, findDavRoot, questionFor } from '../../discover/probe/probe-dav.ts'
import { askOnce } from '../../discover/reach/http.ts'
import type { Reach } from '../../discover/reach/reach.ts'
import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { PeerVerifier } from '../../tls/peer.ts'
import { parseChallenges } from '../../upstream/dav/http/challenges.ts'
import { DigestAnswers } from '../../upstream/dav/http/digest.ts'
import type { UpstreamErrorCode } from '../../upstream/errors.ts'
import { connectImap } from '../../upstream/imap/client.ts'
import { connectSieve } from '../../upstream/sieve/client.ts'
import { connectSmtp } from '../../upstream/smtp/client.ts'

const TIMEOUT_MS = 10_000 // of one sign-in; the server was seen to be there before
const DENIALS: ReadonlySet<number> = new Set([401, 403]) // RFC 9110 section 15.5

/** What a trial is made with. */
export interface TrialTools {
  readonly reach: Reach
  readonly verifier: PeerVerifier
  readonly log: Logger
  readonly version: string
  readonly signal: AbortSignal
}

/** Who signs in. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/**
 * Signs in to an offer's server once, and out again. The password is sent inside TLS alone, to a certificate that the
 * verifier let through, and to the addresses that the search looked up, or through the same proxy.
 *
 * @throws {PosternError} UPSTREAM_SIGN_IN_REFUSED when the server says that it is wrong; NET_…, TLS_…, UPSTREAM_…, DISCOVER_…
 */
export async function trySignIn(offer: Offer, credentials: Credentials, tools: TrialTools): Promise<void> {
  if (offer.security === 'none') throw new Error('a password for a server without TLS')
  const signal = AbortSignal.any([tools.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const bounded = { ...tools, signal }
  if (offer.protocol === 'imap') await tryImap(offer, credentials, bounded)
  else if (offer.protocol === 'smtp') await trySmtp(offer, credentials, bounded)
  else if (offer.protocol === 'sieve') await trySieve(offer, credentials, bounded)
  else await tryDav(offer, credentials, bounded)
}

async function tryImap(offer: Offer, credentials: Credentials, tools: TrialTools): Promise<void> {
  const { log, version: clientVersion, verifier, signal } = tools
  const account = { ...(await wayTo(offer, tools)), security: offer.security, credentials: async () => credentials }
  const options = { verifier, log, clientVersion, signInTimeoutMs: TIMEOUT_MS }
  const mail = await connectImap(account, options, signal)
  await mail[Symbol.asyncDispose]()
}

async function trySmtp(offer: Offer, credentials: Credentials, tools: TrialTools): Promise<void> {
  const account = { ...(await wayTo(offer, tools)), security: offer.security, credentials: async () => credentials }
  const connection = await connectSmtp(account, tools.verifier, tools.signal)
  connection.quit()
}

async function trySieve(offer: Offer, credentials: Credentials, tools: TrialTools): Promise<void> {
  const account = { ...(await wayTo(offer, tools)), security: offer.security, credentials: async () => credentials }
  const session = await connectSieve(account, { verifier: tools.verifier }, tools.signal)
  session[Symbol.dispose]()
}

// The place is looked for without the password, and the password goes to where that was found.
async function tryDav(offer: Offer, credentials: Credentials, { reach, signal }: TrialTools): Promise<void> {
  const place = new URL(offer.url)
  const root = await findDavRoot(reach, place, signal)
  const authorization = root.kind === 'found' ? authorize(root, credentials) : undefined
  if (root.kind === 'none' || authorization === undefined) throw noWay(offer)
  if (root.url.host !== place.host) throw elsewhere(offer, root.url)
  const { status } = await askOnce(reach, questionFor(root.url, authorization), signal)
  if (DENIALS.has(status)) throw refused(offer, credentials.user, `HTTP status ${status}`)
  if (status !== 207) throw unavailable(offer, status)
}

// Inside TLS the password itself, as the client of calendars signs in; a digest where nothing else is taken.
function authorize(
  { url, challenges, authenticate }: DavRoot & { readonly kind: 'found' },
  credentials: Credentials,
): string | undefined {
  if (challenges.includes('basic')) {
    return `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
  }
  const digest = parseChallenges([authenticate]).find(({ scheme }) => scheme === 'digest')
  return digest && DigestAnswers.to(digest, credentials)?.authorization('PROPFIND', `${url.pathname}${url.search}`)
}

async function wayTo({ host, port }: Offer, { reach }: TrialTools) {
  const { addresses, proxy } = await reach.wayTo({ host, port })
  return { peer: { host, port, ...(addresses ? { addresses } : {}) }, proxy }
}

function refused({ url }: Offer, user: string, says: string): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_SIGN_IN_REFUSED',
    `${url} refused the user name or password of ${user}: ${says}`,
    { remedy: 'user', advice: 'Check the password.' },
  )
}

function unavailable({ url }: Offer, status: number): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_SIGN_IN_UNAVAILABLE',
    `${url} neither took nor refused the sign-in: HTTP status ${status}.`,
    { remedy: 'retry', advice: 'Try again later; if it stays, ask who runs the server.' },
  )
}

function elsewhere({ url }: Offer, { host }: URL): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_REDIRECT_REFUSED',
    `${url} leads to ${host}, and the password was not sent there: nobody vouches for it.`,
    { remedy: 'user', advice: 'If it is right, give the URL there by hand: postern profile add --help' },
  )
}

function noWay({ url }: Offer): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_NO_MECHANISM',
    `${url} offers no way to sign in that Postern knows.`,
    {
      remedy: 'user',
      advice: 'Ask who runs the server how other programs sign in.',
    },
  )
}
