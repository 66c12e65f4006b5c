import type { Socket } from 'node:net'
import type { Logger } from '../../../log/logger.ts'
import { dial } from '../../../net/dial.ts'
import { hostPort } from '../../../net/host-port.ts'
import type { NetworkProxy } from '../../../net/proxy/network-proxy.ts'
import type { SaslCredentials } from '../../../sasl/choose-mechanism.ts'
import type { Peer, PeerVerifier } from '../../../tls/peer.ts'
import type { RateLimits } from '../../rate-limit.ts'
import type { Credentials } from '../../sign-in/credentials.ts'
import { withFreshToken } from '../../sign-in/fresh-token.ts'
import { ImapConnection } from './connection.ts'
import { failures } from './failures.ts'
import { signIn } from './sign-in.ts'

const SILENCE_TIMEOUT_MS = 90_000 // a virus scanner on the way was seen to hold a large message for 30 s
const SLOW_MS = 30_000 // a server that thinks for so long is told of: the run goes on
const SIGN_IN_TIMEOUT_MS = 30_000 // from the first packet to a signed-in session

/** How the real server is reached. */
export interface ImapAccount {
  readonly peer: Peer
  /** `starttls` is required once chosen: a server that does not offer it is not signed in to. */
  readonly security: 'none' | 'starttls' | 'tls'
  /** Undefined for the direct way. */
  readonly proxy?: NetworkProxy | undefined
  /** Asked for when it is needed, never kept here. */
  readonly credentials: () => Promise<Credentials>
}

/** What a connection is made with. */
export interface ImapClientOptions {
  readonly verifier: PeerVerifier
  readonly log: Logger
  readonly clientVersion: string
  readonly silenceTimeoutMs?: number
  readonly signInTimeoutMs?: number
  /** Is told when the server has said nothing for `slowMs` although it was asked something; again and again. */
  readonly onSlow?: (silentMs: number) => void
  readonly slowMs?: number
  /** Limits that all connections of the profile share. */
  readonly rates?: RateLimits
}

/**
 * Connects and signs in.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…
 */
export async function openSession(
  account: ImapAccount,
  options: ImapClientOptions,
  signal: AbortSignal,
): Promise<ImapConnection> {
  const timeoutMs = options.signInTimeoutMs ?? SIGN_IN_TIMEOUT_MS
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(failures.tooSlow(hostPort(account.peer), timeoutMs)), timeoutMs)
  const both = AbortSignal.any([signal, timer.signal])
  try {
    return await withFreshToken(account.credentials, credentials => open({ ...account, credentials }, options, both))
  } catch (error) {
    throw timer.signal.aborted ? timer.signal.reason : error
  } finally {
    clearTimeout(timeout)
  }
}

/** An account with a token in place of the way to get one. */
interface ReadyAccount extends Omit<ImapAccount, 'credentials'> {
  readonly credentials: () => Promise<SaslCredentials>
}

async function open(account: ReadyAccount, options: ImapClientOptions, signal: AbortSignal): Promise<ImapConnection> {
  const { peer, security, proxy } = account
  const { verifier, log } = options
  const plain = await dial(peer, signal, { proxy })
  const socket: Socket = security === 'tls' ? await verifier.secure(plain, peer, signal) : plain
  const where = hostPort(peer)
  const connection = new ImapConnection(socket, {
    where,
    silence: { timeoutMs: options.silenceTimeoutMs ?? SILENCE_TIMEOUT_MS, slowMs: options.slowMs ?? SLOW_MS },
    ...(options.rates ? { rates: options.rates } : {}),
  })
  connection.listen({ slow: options.onSlow })
  const onAbort = () => connection.destroy(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const greeting = await connection.greeting()
    if (security === 'starttls') {
      await startTls(connection, greeting.status, socket => verifier.secure(socket, peer, signal))
    }
    if (connection.capabilities.size === 0) await connection.readCapabilities()
    if (greeting.status !== 'PREAUTH') await authenticate(connection, account)
    introduce(connection, options.clientVersion)
    log.debug({ host: peer.host, port: peer.port }, 'signed in to the IMAP server')
  } catch (error) {
    connection.destroy(error)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  return connection
}

async function startTls(connection: ImapConnection, greeting: string, secure: (socket: Socket) => Promise<Socket>) {
  if (connection.capabilities.size === 0) await connection.readCapabilities()
  // PREAUTH would make us skip TLS (RFC 9051 section 11.1).
  if (greeting === 'PREAUTH' || !connection.capabilities.has('STARTTLS')) {
    throw failures.noStartTls(connection.where)
  }
  await connection.startTls(secure)
}

async function authenticate(connection: ImapConnection, { peer, security, credentials }: ReadyAccount): Promise<void> {
  const known = await credentials()
  const before = connection.capabilities
  await signIn(connection, known, { peer, isSecure: security !== 'none' })
  // What the server can do may change with sign-in; it often says so in the OK, else we ask.
  if (connection.capabilities === before) await connection.readCapabilities()
}

// Nobody waits for these: what comes next follows them on the wire, and the server works in that order.
function introduce(connection: ImapConnection, version: string): void {
  const { capabilities } = connection
  const ignore = () => undefined // a lost connection is told by the next command
  if (capabilities.has('ID')) connection.command([`ID ("name" "Postern" "version" "${version}")`]).catch(ignore)
  if (!capabilities.has('QRESYNC')) return
  connection.command(['ENABLE QRESYNC']).catch(() => connection.withdrawCapability('QRESYNC'))
}
