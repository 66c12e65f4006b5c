import { PosternError } from '../../errors.ts'
import { isPositive, type SmtpReply } from '../../formats/smtp/reply.ts'
import { dial } from '../../net/dial.ts'
import { hostPort } from '../../net/host-port.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import { cramMd5Response, plainResponse } from '../../sasl/client.ts'
import { identityRefusalAtSignIn } from '../../tls/client-identity.ts'
import type { Peer, PeerVerifier } from '../../tls/peer.ts'
import type { UpstreamErrorCode } from '../errors.ts'
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
  readonly credentials: () => Promise<{ readonly user: string; readonly password: string } | undefined>
}

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
    return await openSession(account, verifier, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    const { host, port } = account.peer
    const hasTimedOut = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError'
    throw hasTimedOut ? failures.tooSlow(`${host}:${port}`, signal.reason) : signal.reason
  }
}

async function openSession(
  account: SmtpAccount,
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

async function signIn(connection: SmtpClientConnection, { credentials, security }: SmtpAccount): Promise<void> {
  const known = await credentials()
  if (!known) return
  const offered = new Set((connection.extensions.get('AUTH') ?? '').toUpperCase().split(/[\s=]+/))
  // On a line that others can read, a digest rather than the password.
  const order = security === 'none' ? ['CRAM-MD5', 'PLAIN', 'LOGIN'] : ['PLAIN', 'LOGIN', 'CRAM-MD5']
  const mechanism = order.find(name => offered.has(name))
  if (!mechanism) throw noMechanism(connection)
  const reply = await authenticate(connection, mechanism, known)
  if (reply.code === 235) return
  throw refusal(connection, known.user, reply)
}

interface Known {
  readonly user: string
  readonly password: string
}

async function authenticate(connection: SmtpClientConnection, mechanism: string, known: Known): Promise<SmtpReply> {
  const { user, password } = known
  const answer = (octets: Buffer) => connection.command(octets.toString('base64'))
  if (mechanism === 'PLAIN') return connection.command(`AUTH PLAIN ${plainResponse(user, password).toString('base64')}`)
  const first = await connection.command(`AUTH ${mechanism}`)
  if (first.code !== 334) return first
  if (mechanism === 'CRAM-MD5') {
    const challenge = Buffer.from(first.lines[0] ?? '', 'base64')
    return answer(cramMd5Response(challenge, user, password))
  }
  const second = await answer(Buffer.from(user))
  return second.code === 334 ? answer(Buffer.from(password)) : second
}

/** Writes what a server said on one line. */
export function describe({ code, lines }: SmtpReply): string {
  return `${code} ${lines.join(' ')}`
}

function refusal({ where }: SmtpClientConnection, user: string, reply: SmtpReply): PosternError {
  const ofCertificate = identityRefusalAtSignIn(where, describe(reply), reply)
  if (ofCertificate) return ofCertificate
  if (reply.code < 500) {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SIGN_IN_UNAVAILABLE',
      `${where} does not take sign-ins now: ${describe(reply)}`,
      { remedy: 'retry', advice: 'Postern tries again by itself.', cause: reply },
    )
  }
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_SIGN_IN_REFUSED',
    `${where} refused the user name or password of ${user}: ${describe(reply)}`,
    { remedy: 'user', advice: 'Set the password anew: postern profile password NAME.', cause: reply },
  )
}

function noMechanism({ where }: SmtpClientConnection): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_NO_MECHANISM',
    `${where} offers no way to sign in that Postern knows.`,
    {
      remedy: 'user',
      advice: 'Choose another connection type (smtps or smtp+starttls), or set smtpAuth to none.',
    },
  )
}
