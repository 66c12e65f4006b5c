import { PosternError } from '../../errors.ts'
import { isPositive, type SmtpReply } from '../../formats/smtp/reply.ts'
import { dial } from '../../net/dial.ts'
import { hostPort } from '../../net/host-port.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import type { SaslCredentials } from '../../sasl/choose-mechanism.ts'
import type { ClientMechanism } from '../../sasl/client-mechanism.ts'
import type { Peer, PeerVerifier } from '../../tls/peer.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import type { Credentials } from '../sign-in/credentials.ts'
import { withFreshToken } from '../sign-in/fresh-token.ts'
import { asFailure, certificateWanted, signInRefused, startMechanism } from '../sign-in/mechanism.ts'
import { SmtpClientConnection } from './connection.ts'
import { failures } from './failures.ts'

/** How the submission server is reached. */
export interface SmtpAccount {
  readonly peer: Peer
  /** `starttls` is required once chosen. */
  readonly security: 'none' | 'starttls' | 'tls'
  /** Undefined for the direct way. */
  readonly proxy?: NetworkProxy | undefined
  /** Undefined for a server that asks for none. */
  readonly credentials: () => Promise<Credentials | undefined>
}

/** An account with a token in place of the way to get one. */
interface ReadyAccount extends Omit<SmtpAccount, 'credentials'> {
  readonly credentials: () => Promise<SaslCredentials | undefined>
}

const MAX_COMMAND_OCTETS = 510 // RFC 5321 section 4.5.3.1.4, without CR LF; longer responses come after AUTH

/**
 * Connects, secures the connection and signs in.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…; UPSTREAM_SILENT when the signal is a timeout that has passed, else
 * the signal's reason.
 */
export async function connectSmtp(
  account: SmtpAccount,
  verifier: PeerVerifier,
  signal: AbortSignal,
): Promise<SmtpClientConnection> {
  try {
    const open = (credentials: ReadyAccount['credentials']) =>
      openSession({ ...account, credentials }, verifier, signal)
    return await withFreshToken(account.credentials, open)
  } catch (error) {
    if (!signal.aborted) throw error
    const hasTimedOut = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
    throw hasTimedOut ? failures.tooSlow(hostPort(account.peer), undefined, signal.reason) : signal.reason
  }
}

async function openSession(
  account: ReadyAccount,
  verifier: PeerVerifier,
  signal: AbortSignal,
): Promise<SmtpClientConnection> {
  const { peer, security, proxy } = account
  const plain = await dial(peer, signal, { proxy })
  const socket = security === 'tls' ? await verifier.secure(plain, peer, signal) : plain
  const connection = new SmtpClientConnection(socket, hostPort(peer))
  const onAbort = () => connection.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    assertTaken(connection, await connection.expect())
    assertTaken(connection, await connection.hello())
    if (security === 'starttls') {
      await connection.startTls(socket => verifier.secure(socket, peer, signal))
      assertTaken(connection, await connection.hello())
    }
    await signIn(connection, account)
    signal.throwIfAborted()
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function assertTaken({ where }: SmtpClientConnection, reply: SmtpReply): void {
  if (isPositive(reply)) return
  throw new PosternError<UpstreamErrorCode>('UPSTREAM_REFUSED', `${where} refused the session: ${describe(reply)}`, {
    remedy: 'retry',
    advice: 'Postern tries again by itself; if it stays, ask who runs the server.',
    cause: reply,
  })
}

async function signIn(connection: SmtpClientConnection, account: ReadyAccount): Promise<void> {
  const known = await account.credentials()
  if (!known) return
  const { where } = connection
  const { host, port } = account.peer
  const offered = new Set((connection.extensions.get('AUTH') ?? '').toUpperCase().split(/[\s=]+/))
  const offers = (name: string) => offered.has(name)
  const mechanism = startMechanism(known, { where, host, port, offers, isSecure: account.security !== 'none' })
  try {
    const reply = await authenticate(connection, mechanism)
    if (reply.code !== 235) throw refusal(connection, known, mechanism, reply)
    mechanism.assertDone()
  } catch (error) {
    throw asFailure(error, where)
  }
}

async function authenticate(connection: SmtpClientConnection, mechanism: ClientMechanism): Promise<SmtpReply> {
  const { name, initialResponse } = mechanism
  const line = `AUTH ${name}${initialResponse ? ` ${base64(initialResponse) || '='}` : ''}`
  const inOneLine = initialResponse !== undefined && line.length <= MAX_COMMAND_OCTETS
  let unsent = inOneLine ? undefined : initialResponse
  let reply = await connection.command(inOneLine ? line : `AUTH ${name}`)
  while (reply.code === 334) {
    const response = unsent ?? (await mechanism.respond(Buffer.from(reply.lines[0] ?? '', 'base64')))
    unsent = undefined
    reply = await connection.command(base64(response))
  }
  return reply
}

// An initial response of no octets is written '=' (RFC 4954 section 4), a later one as an empty line.
function base64(response: Buffer): string {
  return response.toString('base64')
}

/** Writes what a server said on one line. */
export function describe({ code, lines }: SmtpReply): string {
  return `${code} ${lines.join(' ')}`
}

function refusal(
  connection: SmtpClientConnection,
  credentials: SaslCredentials,
  mechanism: ClientMechanism,
  reply: SmtpReply,
): PosternError {
  const says = describe(reply)
  const ofCertificate = certificateWanted(connection.where, says, reply)
  if (ofCertificate) return ofCertificate
  if (reply.code < 500) {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SIGN_IN_UNAVAILABLE',
      `${connection.where} does not take sign-ins now: ${says}`,
      { remedy: 'retry', advice: 'Postern tries again by itself.', cause: reply },
    )
  }
  return signInRefused(connection, credentials, mechanism, { says, cause: reply })
}
