import type { LookupAddress } from 'node:dns'
import { connect, type Socket } from 'node:net'

const STAGGER_MS = 250 // RFC 8305 section 8: the recommended Connection Attempt Delay
const MAX_ADDRESSES = 16 // a name with more has no better ones
const KEEP_ALIVE_AFTER_MS = 60_000 // NAT routers forget a silent connection after minutes; a dead peer is noticed

/** Where {@link raceConnect} goes. */
export interface Race {
  readonly addresses: readonly LookupAddress[]
  readonly port: number
  readonly signal: AbortSignal
  readonly staggerMs?: number
}

/**
 * Connects to the address that answers first (RFC 8305 section 5). Node's own way gives an attempt up after 250 ms: over
 * a slow line it would never reach a server whose other family leads nowhere.
 *
 * @throws {AggregateError} of one error for each address; the signal's reason when it aborts.
 */
export async function raceConnect({ addresses, port, signal, staggerMs = STAGGER_MS }: Race): Promise<Socket> {
  const waiting = interleave(addresses).slice(0, MAX_ADDRESSES)
  const attempts = new Set<Socket>()
  const errors: Error[] = []
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    clearTimeout(timer)
    const next = waiting.shift()
    if (!next) {
      if (attempts.size === 0) reject(new AggregateError(errors, 'no address answers'))
      return
    }
    const socket = connect({ host: next.address, port, ...SOCKET_OPTIONS })
    attempts.add(socket)
    socket
      .once('connect', () => resolve(socket))
      .on('error', error => {
        if (!attempts.delete(socket)) return // over, or the winner's: then its user is told
        errors.push(error)
        begin()
      })
    if (waiting.length > 0) timer = setTimeout(begin, staggerMs)
  }
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    begin()
    const winner = await promise
    attempts.delete(winner)
    winner.removeAllListeners('error')
    return winner
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    const losers = [...attempts]
    attempts.clear()
    for (const socket of losers) socket.destroy()
  }
}

const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS } as const

/** RFC 8305 section 4: the families take turns, beginning with that of the first address. */
function interleave(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const turns = Math.max(first.length, others.length)
  return Array.from({ length: turns }, (_, turn) => [first[turn], others[turn]])
    .flat()
    .filter(address => address !== undefined)
}
