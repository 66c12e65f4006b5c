import { parseUpstreamUrl, type UpstreamUrl } from '../config/upstream-url.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from '../profile/errors.ts'
import { Approvals } from '../tls/approvals.ts'
import { verifyPeers } from '../tls/verified-peer.ts'
import { connectImap } from '../upstream/imap/client.ts'
import type { Credentials, PasswordCredentials } from '../upstream/sign-in/credentials.ts'
import { connectSmtp } from '../upstream/smtp/client.ts'
import type { Installation } from './installation.ts'
import { attempt, type ConnectionTest } from './profile-test.ts'

const SMTP_TIMEOUT_MS = 30_000 // an IMAP connection has a bound of its own

/** A server that no profile has yet, and how to sign in. */
export interface TriedConnection {
  readonly url: string
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
  { url, user, password, auth = 'automatic' }: TriedConnection,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const server = parseUpstreamUrl(url)
  if (!server) throw noServer(url)
  const credentials = password === undefined ? undefined : { user, password, mechanism: auth }
  const says = () => signInTo(installation, server, credentials, signal)
  return attempt(server.protocol, `${server.host}:${server.port}`, says)
}

async function signInTo(
  { network, approvalsFile, log, version }: Installation,
  server: UpstreamUrl,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<string> {
  const verifier = verifyPeers(new Approvals(approvalsFile))
  const way = { peer: server, security: server.security, proxy: await network.proxyTo(undefined, server) }
  if (server.protocol === 'smtp') {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(SMTP_TIMEOUT_MS)])
    const connection = await connectSmtp({ ...way, credentials: async () => credentials }, verifier, bounded)
    connection.quit()
    return credentials ? 'signed in' : 'connected; it asks for no sign-in'
  }
  if (!credentials) throw new Error('an IMAP server without a password')
  const account = { ...way, credentials: async () => credentials }
  await using mail = await connectImap(account, { verifier, log, clientVersion: version }, signal)
  return `signed in, ${(await mail.listFolders()).length} folders`
}

function noServer(url: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `${JSON.stringify(url)} is no URL of a mail server.`, {
    remedy: 'user',
    advice: 'Write imaps://HOST or smtps://HOST; see postern profile add --help.',
  })
}
