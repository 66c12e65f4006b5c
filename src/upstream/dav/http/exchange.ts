import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostPort } from '../../../net/host-port.ts'
import type { RateLimit, RateLimits } from '../../rate-limit.ts'
import { failures } from './failures.ts'
import type { ServerAgent } from './server-agent.ts'
import { type Deadlines, Watch } from './watch.ts'

const MAX_HEADER_OCTETS = 65_536 // DAV, Allow and Set-Cookie of some groupware are long
const PIECE_OCTETS = 65_536

/** One request as it goes over the wire. */
export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer | undefined
}

/** The head of an answer; what follows is to be read or discarded. */
export interface Exchange {
  readonly head: IncomingMessage
  /** Reads the body, at most so many octets. What it throws can be told. */
  readonly body: (maxOctets: number) => AsyncGenerator<Buffer>
  /** Lets go of the body. */
  readonly discard: () => void
}

/** How an exchange goes. */
export interface ExchangeOptions {
  readonly signal: AbortSignal
  readonly deadlines: Deadlines
  /** Limits that all connections of the profile share. */
  readonly rates: RateLimits | undefined
}

/**
 * Sends one request. A connection that was kept open and has ended meanwhile is replaced once; the requests of DAV can all
 * be repeated, since those that change something name what they replace.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_LOST, UPSTREAM_SILENT; the signal's reason
 */
export async function exchange(
  agent: ServerAgent,
  wire: WireRequest,
  { signal, deadlines, rates }: ExchangeOptions,
): Promise<Exchange> {
  for (;;) {
    signal.throwIfAborted()
    const watch = new Watch(hostPort(agent.peer), deadlines, signal)
    const asked = request({
      agent,
      host: agent.peer.host,
      port: agent.peer.port,
      method: wire.method,
      path: wire.path,
      headers: wire.headers,
      maxHeaderSize: MAX_HEADER_OCTETS,
      signal: watch.signal,
    })
    try {
      const head = await send(asked, wire, { watch, limit: rates?.upload })
      return {
        head,
        body: maxOctets => read(head, { watch, limit: rates?.download }, maxOctets),
        discard: () => discard(head, watch),
      }
    } catch (error) {
      asked.destroy()
      watch.end()
      const isStale = asked.reusedSocket && !watch.signal.aborted
      if (!isStale) throw watch.explain(error)
    }
  }
}

interface Pace {
  readonly watch: Watch
  readonly limit: RateLimit | undefined
}

async function send(asked: ClientRequest, { body }: WireRequest, { watch, limit }: Pace): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  // Waiting for one of the few connections is no silence of the server.
  asked.once('socket', () => watch.heard()).once('response', resolve)
  asked.on('error', reject).once('close', () => reject(new Error('closed')))
  const pieceOctets = Math.min(PIECE_OCTETS, limit?.pieceOctets ?? PIECE_OCTETS)
  for (let at = 0; body && at < body.length; at += pieceOctets) {
    const piece = body.subarray(at, at + pieceOctets)
    const hasRoom = asked.write(piece)
    await rest({ watch, limit }, piece.length)
    // A server may refuse before it has read all.
    if (!hasRoom) await Promise.race([once(asked, 'drain'), promise])
    watch.heard() // it takes what we send: it is alive
  }
  asked.end()
  const head = await promise
  watch.heard()
  return head
}

async function* read(head: IncomingMessage, { watch, limit }: Pace, maxOctets: number): AsyncGenerator<Buffer> {
  let octets = 0
  try {
    for await (const chunk of head) {
      octets += chunk.length
      if (octets > maxOctets) throw failures.malformed(watch.where, `it has more than ${maxOctets / 1_048_576} MB`)
      await rest({ watch, limit }, chunk.length)
      watch.pause() // what takes time now is ours
      yield chunk
      watch.heard()
    }
    if (!head.complete) throw new Error('closed')
  } catch (error) {
    throw watch.explain(error)
  } finally {
    watch.end()
    if (!head.complete) head.destroy()
  }
}

async function rest({ watch, limit }: Pace, octets: number): Promise<void> {
  const waitMs = limit?.take(octets) ?? 0
  if (waitMs === 0) return
  watch.rest()
  await sleep(waitMs, undefined, { signal: watch.signal })
}

function discard(head: IncomingMessage, watch: Watch): void {
  head.on('error', () => undefined).once('close', () => watch.end()) // nobody waits for it
  head.resume()
}
