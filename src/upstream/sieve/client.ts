import { dial } from '../../net/dial.ts'
import { hostPort } from '../../net/host-port.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import type { SaslCredentials } from '../../sasl/choose-mechanism.ts'
import type { Peer, PeerVerifier } from '../../tls/peer.ts'
import type { Credentials } from '../sign-in/credentials.ts'
import { withFreshToken } from '../sign-in/fresh-token.ts'
import { SieveConnection } from './connection.ts'
import { failures } from './failures.ts'
import { SieveSession } from './session.ts'
import { signIn } from './sign-in.ts'

const SIGN_IN_TIMEOUT_MS = 30_000 // from the first packet to a signed-in session

/** How a ManageSieve server is reached. */
export interface SieveAccount {
  readonly peer: Peer
  /** `starttls` is required once chosen: a server that does not offer it is not signed in to. */
  readonly security: 'none' | 'starttls' | 'tls'
  /** Undefined for the direct way. */
  readonly proxy?: NetworkProxy | undefined
  /** Asked for when it is needed, never kept here. */
  readonly credentials: () => Promise<Credentials>
}

/** What a session is made with. */
export interface SieveClientOptions {
  readonly verifier: PeerVerifier
  readonly signInTimeoutMs?: number
  /** Of a whole answer. */
  readonly answerTimeoutMs?: number
}

/** An account with a token in place of the way to get one. */
interface ReadyAccount extends Omit<SieveAccount, 'credentials'> {
  readonly credentials: () => Promise<SaslCredentials>
}

/**
 * Connects, secures the connection and signs in. The signal ends the session too.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…; the signal's reason
 */
export async function connectSieve(
  account: SieveAccount,
  options: SieveClientOptions,
  signal: AbortSignal,
): Promise<SieveSession> {
  const timeoutMs = options.signInTimeoutMs ?? SIGN_IN_TIMEOUT_MS
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(failures.tooSlow(hostPort(account.peer), timeoutMs)), timeoutMs)
  const both = AbortSignal.any([signal, timer.signal])
  try {
    const open = (credentials: ReadyAccount['credentials']) =>
      openConnection({ ...account, credentials }, options, both)
    return new SieveSession(await withFreshToken(account.credentials, open), signal)
  } catch (error) {
    throw both.aborted ? both.reason : error
  } finally {
    clearTimeout(timeout)
  }
}

async function openConnection(
  { peer, security, proxy, credentials }: ReadyAccount,
  { verifier, answerTimeoutMs }: SieveClientOptions,
  signal: AbortSignal,
): Promise<SieveConnection> {
  const plain = await dial(peer, signal, { proxy })
  const socket = security === 'tls' ? await verifier.secure(plain, peer, signal) : plain
  const connection = new SieveConnection(socket, hostPort(peer), answerTimeoutMs)
  const onAbort = () => connection.destroy(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    await connection.greeting()
    if (security === 'starttls') await connection.startTls(socket => verifier.secure(socket, peer, signal))
    await signIn(connection, await credentials(), { peer, isSecure: security !== 'none' })
    await connection.readCapabilities()
    return connection
  } catch (error) {
    connection.destroy(error)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
