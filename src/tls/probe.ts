import type { Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import { dial } from '../net/dial.ts'
import type { NetErrorCode } from '../net/errors.ts'
import type { NetworkProxy } from '../net/proxy/network-proxy.ts'
import { handshake } from './handshake.ts'
import type { Peer } from './peer.ts'
import { type ShownCertificate, shownBy } from './shown-certificate.ts'
import { askForTls, type StartTlsProtocol } from './start-tls.ts'
import { systemTrust } from './trust.ts'
import { noCertificate } from './verified-peer.ts'

const PROBE_TIMEOUT_MS = 20_000 // from the connection to the certificate: a person waits
const START_TLS_PORTS: Readonly<Record<number, StartTlsProtocol>> = {
  143: 'imap',
  25: 'smtp',
  587: 'smtp',
  4190: 'sieve',
}

/** Options of {@link probeCertificate}. */
export interface ProbeOptions {
  readonly signal: AbortSignal
  /** How the port comes to speak TLS; the port's number tells when this is absent. */
  readonly startTls?: StartTlsProtocol | 'none'
  /** Undefined for the direct way. */
  readonly proxy?: NetworkProxy | undefined
  readonly timeoutMs?: number
}

/**
 * Fetches the certificate that a server shows, trusting nothing and sending nothing but the wish for TLS.
 *
 * @throws {PosternError} NET_…, TLS_HANDSHAKE, TLS_STARTTLS_REFUSED, TLS_NO_CERTIFICATE; the signal's reason
 */
export async function probeCertificate(peer: Peer, options: ProbeOptions): Promise<ShownCertificate> {
  const { signal, startTls = START_TLS_PORTS[peer.port] ?? 'none', timeoutMs = PROBE_TIMEOUT_MS, proxy } = options
  const timeout = AbortSignal.timeout(timeoutMs)
  const bounded = AbortSignal.any([signal, timeout])
  try {
    return await probe(peer, { startTls, proxy, signal: bounded })
  } catch (error) {
    signal.throwIfAborted()
    throw timeout.aborted ? timedOut(peer, timeoutMs) : error
  }
}

type Probe = Required<Pick<ProbeOptions, 'startTls' | 'proxy' | 'signal'>>

async function probe(peer: Peer, { startTls, proxy, signal }: Probe): Promise<ShownCertificate> {
  const socket = await dial(peer, signal, { proxy })
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (startTls !== 'none') await askForTls(socket, peer, startTls)
    return await show(socket, peer, signal)
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}

async function show(socket: Socket, peer: Peer, signal: AbortSignal): Promise<ShownCertificate> {
  const trust = systemTrust()
  const tls = await handshake(socket, peer, { signal, context: trust.context })
  const shown = shownBy(tls, peer, trust)
  tls.on('error', () => undefined).destroy() // it has served
  if (!shown) throw noCertificate(peer)
  return shown
}

function timedOut({ host, port }: Peer, timeoutMs: number): PosternError {
  return new PosternError<NetErrorCode>(
    'NET_TIMEOUT',
    `${host}:${port} showed no certificate within ${timeoutMs / 1000} s.`,
    {
      remedy: 'retry',
      advice: 'Check the port: one that speaks TLS only after STARTTLS waits in silence; see --starttls.',
    },
  )
}
