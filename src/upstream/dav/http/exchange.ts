import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { hostPort } from '../../../net/host-port.ts'
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

/**
 * Sends one request. A connection that was kept open and has ended meanwhile is replaced once; the requests of DAV can all
 * be repeated, since those that change something name what they replace.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_LOST, UPSTREAM_SILENT; the signal's reason
 */
export async function exchange(
  agent: ServerAgent,
  wire: WireRequest,
  { signal, deadlines }: { readonly signal: AbortSignal; readonly deadlines: Deadlines },
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
      const head = await send(asked, wire, watch)
      return { head, body: maxOctets => read(head, watch, maxOctets), discard: () => discard(head, watch) }
    } catch (error) {
      asked.destroy()
      watch.end()
      const isStale = asked.reusedSocket && !watch.signal.aborted
      if (!isStale) throw watch.explain(error)
    }
  }
}

async function send(asked: ClientRequest, { body }: WireRequest, watch: Watch): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  // Waiting for one of the few connections is no silence of the server.
  asked.once('socket', () => watch.heard()).once('response', resolve)
  asked.on('error', reject).once('close', () => reject(new Error('closed')))
  for (let at = 0; body && at < body.length; at += PIECE_OCTETS) {
    const hasRoom = asked.write(body.subarray(at, at + PIECE_OCTETS))
    // A server may refuse before it has read all.
    if (!hasRoom) await Promise.race([once(asked, 'drain'), promise])
    watch.heard() // it takes what we send: it is alive
  }
  asked.end()
  const head = await promise
  watch.heard()
  return head
}

async function* read(head: IncomingMessage, watch: Watch, maxOctets: number): AsyncGenerator<Buffer> {
  let octets = 0
  try {
    for await (const chunk of head) {
      octets += chunk.length
      if (octets > maxOctets) throw failures.malformed(watch.where, `it has more than ${maxOctets / 1_048_576} MB`)
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

function discard(head: IncomingMessage, watch: Watch): void {
  head.on('error', () => undefined).once('close', () => watch.end()) // nobody waits for it
  head.resume()
}
