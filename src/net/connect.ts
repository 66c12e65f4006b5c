import { connect, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import type { NetErrorCode } from './errors.ts'

const CONNECT_TIMEOUT_MS = 20_000
const KEEP_ALIVE_AFTER_MS = 60_000 // NAT routers forget a silent connection after minutes; a dead peer is noticed
const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])

/** Where a connection goes. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** The host's addresses, where they were looked up before: no others are connected to. */
  readonly addresses?: readonly string[]
}

/**
 * Opens a TCP connection, trying every address of the name.
 *
 * @throws {PosternError} NET_REFUSED, NET_TIMEOUT, NET_DNS, NET_UNREACHABLE; the signal's reason when it aborts.
 */
export async function connectTo(
  { host, port, addresses }: Destination,
  signal: AbortSignal,
  timeoutMs = CONNECT_TIMEOUT_MS,
): Promise<Socket> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    ...(addresses ? { lookup: lookupOf(addresses) } : {}),
  })
  const onAbort = () => reject(signal.reason)
  const timer = setTimeout(() => reject(timedOut(host, port, timeoutMs)), timeoutMs)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('connect', resolve).once('error', error => reject(failed(host, port, error)))
  try {
    await promise
    socket.removeAllListeners('error')
    return socket
  } catch (error) {
    socket.on('error', () => undefined) // already told
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

function lookupOf(addresses: readonly string[]): LookupFunction {
  const known = addresses.map(address => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_host, { all }, callback) => {
    const [first] = known
    if (all) callback(null, known)
    else callback(null, first?.address ?? '', first?.family)
  }
}

function timedOut(host: string, port: number, timeoutMs: number): PosternError {
  return new PosternError<NetErrorCode>('NET_TIMEOUT', `${host}:${port} did not answer within ${timeoutMs / 1000} s.`, {
    remedy: 'retry',
    advice: 'Check the network, a firewall on the way, and the host and port of the profile.',
  })
}

function failed(host: string, port: number, error: Error): PosternError {
  // With several addresses Node gives one error holding one per address; the first tells what matters.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const reason = first instanceof Error && 'code' in first ? String(first.code) : ''
  if (reason === 'ECONNREFUSED') {
    return new PosternError<NetErrorCode>('NET_REFUSED', `${host}:${port} refused the connection.`, {
      remedy: 'retry',
      advice: 'The server is down or listens on another port; check the profile.',
      cause: error,
    })
  }
  if (DNS_CODES.has(reason)) {
    return new PosternError<NetErrorCode>('NET_DNS', `The name ${host} could not be resolved (${reason}).`, {
      remedy: 'retry',
      advice: 'Check the network and the spelling of the host in the profile.',
      cause: error,
    })
  }
  if (reason === 'ETIMEDOUT') return timedOut(host, port, CONNECT_TIMEOUT_MS)
  return new PosternError<NetErrorCode>('NET_UNREACHABLE', `${host}:${port} cannot be reached (${reason}).`, {
    remedy: 'retry',
    advice: 'Check the network connection.',
    cause: error,
  })
}
