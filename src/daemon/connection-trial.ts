import { parseDavUrl } from '../config/dav-url.ts'
import { parseUpstreamUrl, type UpstreamUrl } from '../config/upstream-url.ts'
import { PosternError } from '../errors.ts'
import type { HostPort } from '../net/host-port.ts'
import type { ProfileErrorCode } from '../profile/errors.ts'
import { Approvals } from '../tls/approvals.ts'
import { verifyPeers } from '../tls/verified-peer.ts'
import { connectImap } from '../upstream/imap/client.ts'
import { connectSieve } from '../upstream/sieve/client.ts'
import type { Credentials, PasswordCredentials } from '../upstream/sign-in/credentials.ts'
import { connectSmtp } from '../upstream/smtp/client.ts'
import { type CollectionsPlace, collectionsText, listCollectionsAt } from './collections-sign-in.ts'
import type { Installation } from './installation.ts'
import { attempt, type ConnectionTest, scriptsText } from './profile-test.ts'

const SMTP_TIMEOUT_MS = 30_000 // the other connections have bounds of their own

/** A server that no profile has yet, and how to sign in. */
export interface TriedConnection {
  readonly url: string
  /** Of a server of calendars: where the address books are elsewhere. */
  readonly carddav?: string | undefined
  readonly user: string
  /** Without one nobody signs in: for an SMTP server that asks for nothing. */
  readonly password?: string | undefined
  readonly auth?: PasswordCredentials['mechanism'] | undefined
}

/**
 * Tests the settings of a server before a profile is made of them.
 *
 * @throws {PosternError} PROFILE_INVALID
 */
export async function tryConnection(
  installation: Installation,
  { url, carddav, user, password, auth = 'automatic' }: TriedConnection,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const credentials = password === undefined ? undefined : { user, password, mechanism: auth }
  const dav = parseDavUrl(url)
  if (dav) {
    const place = { dav: url, carddav }
    return attempt('dav', where(dav), () => countCollections(installation, place, mustHave(credentials), signal))
  }
  const server = parseUpstreamUrl(url)
  if (!server) throw noServer(url)
  return attempt(server.protocol, where(server), () => signInTo(installation, server, credentials, signal))
}

async function signInTo(
  { network, approvalsFile, log, version }: Installation,
  server: UpstreamUrl,
  known: Credentials | undefined,
  signal: AbortSignal,
): Promise<string> {
  const verifier = verifyPeers(new Approvals(approvalsFile))
  const way = { peer: server, security: server.security, proxy: await network.proxyTo(undefined, server) }
  if (server.protocol === 'smtp') {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(SMTP_TIMEOUT_MS)])
    const connection = await connectSmtp({ ...way, credentials: async () => known }, verifier, bounded)
    connection.quit()
    return known ? 'signed in' : 'connected; it asks for no sign-in'
  }
  const account = { ...way, credentials: async () => mustHave(known) }
  if (server.protocol === 'sieve') {
    using session = await connectSieve(account, { verifier }, signal)
    return scriptsText(await session.listScripts())
  }
  await using mail = await connectImap(account, { verifier, log, clientVersion: version }, signal)
  return `signed in, ${(await mail.listFolders()).length} folders`
}

async function countCollections(
  { network, approvalsFile, log, version }: Installation,
  place: CollectionsPlace,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<string> {
  const proxyTo = (peer: HostPort) => network.proxyTo(undefined, peer)
  const way = { verifier: verifyPeers(new Approvals(approvalsFile)), proxyTo, log, version }
  return collectionsText(await listCollectionsAt(place, way, credentials, signal))
}

function mustHave(credentials: Credentials | undefined): Credentials {
  if (!credentials) throw new Error('only an SMTP server is tried without a password')
  return credentials
}

function where({ host, port }: HostPort): string {
  return `${host}:${port}`
}

function noServer(url: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `${JSON.stringify(url)} is no URL of a server.`, {
    remedy: 'user',
    advice: 'Write imaps://HOST, smtps://HOST, sieve://HOST or https://HOST/PATH; see postern profile add --help.',
  })
}
