import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { PosternError } from '../errors.ts'
import type { NetErrorCode } from './errors.ts'
import { hostPort } from './host-port.ts'
import { isLocalName } from './loopback.ts'
import { raceConnect } from './race-connect.ts'

const CONNECT_TIMEOUT_MS = 20_000
// Nobody else answers for these names: what goes there may be in plain text.
const HERE: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]
const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])

/** Where a connection goes. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** The host's addresses, where they were looked up before: no others are connected to. */
  readonly addresses?: readonly string[]
}

/** Finds the addresses of a name. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>

const lookUp = promisify(systemLookup)
const bySystem: Lookup = host => lookUp(host, { all: true, order: 'verbatim' })

/**
 * Opens a TCP connection, trying the addresses of the name, of both families.
 *
 * @throws {PosternError} NET_REFUSED, NET_TIMEOUT, NET_DNS, NET_UNREACHABLE; the signal's reason when it aborts.
 */
export async function connectTo(
  { host, port, addresses: known }: Destination,
  signal: AbortSignal,
  timeoutMs = CONNECT_TIMEOUT_MS,
  lookup: Lookup = bySystem,
): Promise<Socket> {
  signal.throwIfAborted()
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(timedOut(host, port, timeoutMs)), timeoutMs)
  const bounded = AbortSignal.any([signal, timeout.signal])
  try {
    const addresses = known?.map(withFamily) ?? (await unlessAborted(addressesOf(host, lookup), bounded))
    return await raceConnect({ addresses, port, signal: bounded })
  } catch (error) {
    if (bounded.aborted) throw bounded.reason
    throw failed(host, port, error)
  } finally {
    clearTimeout(timer)
  }
}

async function addressesOf(host: string, lookup: Lookup): Promise<readonly LookupAddress[]> {
  if (isIP(host) !== 0) return [withFamily(host)]
  return isLocalName(host) ? HERE : lookup(host)
}

function withFamily(address: string): LookupAddress {
  return { address, family: isIP(address) }
}

// The system's resolver knows no end of its own.
async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function timedOut(host: string, port: number, timeoutMs: number): PosternError {
  return new PosternError<NetErrorCode>(
    'NET_TIMEOUT',
    `${hostPort({ host, port })} did not answer within ${timeoutMs / 1000} s.`,
    { remedy: 'retry', advice: 'Check the network, a firewall on the way, and the host and port of the profile.' },
  )
}

function failed(host: string, port: number, cause: unknown): PosternError {
  const where = hostPort({ host, port })
  const reason = reasonOf(cause)
  if (reason === 'ECONNREFUSED') {
    return new PosternError<NetErrorCode>('NET_REFUSED', `${where} refused the connection.`, {
      remedy: 'retry',
      advice: 'The server is down or listens on another port; check the profile.',
      cause,
    })
  }
  if (DNS_CODES.has(reason)) {
    return new PosternError<NetErrorCode>('NET_DNS', `The name ${host} could not be resolved (${reason}).`, {
      remedy: 'retry',
      advice: 'Check the network and the spelling of the host in the profile.',
      cause,
    })
  }
  if (reason === 'ETIMEDOUT') return timedOut(host, port, CONNECT_TIMEOUT_MS)
  return new PosternError<NetErrorCode>('NET_UNREACHABLE', `${where} cannot be reached (${reason}).`, {
    remedy: 'retry',
    advice: 'Check the network connection.',
    cause,
  })
}

// With several addresses, one that was reached tells most: of the other family there may be no network at all.
function reasonOf(cause: unknown): string {
  const all: unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
  const codes = all.map(error => (error instanceof Error && 'code' in error ? String(error.code) : ''))
  return codes.find(code => code === 'ECONNREFUSED') ?? codes[0] ?? ''
}
