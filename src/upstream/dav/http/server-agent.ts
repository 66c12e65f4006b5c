import { Agent, type ClientRequestArgs } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { dial } from '../../../net/dial.ts'
import { hostPort } from '../../../net/host-port.ts'
import type { NetworkProxy } from '../../../net/proxy/network-proxy.ts'
import type { Peer, PeerVerifier } from '../../../tls/peer.ts'
import { failures } from './failures.ts'

const MAX_CONNECTIONS = 4 // servers of one small process, and limits per address, are common
const CONNECT_MS = 30_000 // with the way through a proxy, and TLS
const IDLE_MS = 20_000 // most servers keep an idle connection for longer than this

/** How servers are reached, and what proves who they are. */
export interface DavWay {
  readonly verifier: PeerVerifier
  /** Finds the proxy on the way to a host. */
  readonly proxyTo: (peer: Peer) => Promise<NetworkProxy | undefined>
}

/** The connections to one origin: a few at a time, kept open for the next request. */
export class ServerAgent extends Agent {
  readonly peer: Peer
  readonly #isTls: boolean
  readonly #way: DavWay
  readonly #signal: AbortSignal

  constructor(origin: URL, way: DavWay, signal: AbortSignal) {
    super({ keepAlive: true, maxSockets: MAX_CONNECTIONS, maxFreeSockets: MAX_CONNECTIONS, timeout: IDLE_MS })
    this.#isTls = origin.protocol === 'https:'
    this.peer = { host: origin.hostname.replace(/^\[|\]$/g, ''), port: Number(origin.port || (this.#isTls ? 443 : 80)) }
    this.#way = way
    this.#signal = signal
  }

  override createConnection(
    _options: ClientRequestArgs,
    onDone: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#connect().then(
      socket => onDone(null, socket),
      // The types want a stream beside the error; Node does not look at it.
      error => onDone(error, undefined as unknown as Duplex),
    )
  }

  async #connect(): Promise<Socket> {
    const timer = new AbortController()
    const timeout = setTimeout(() => timer.abort(failures.silent(hostPort(this.peer), CONNECT_MS)), CONNECT_MS)
    const signal = AbortSignal.any([this.#signal, timer.signal])
    try {
      const proxy = await this.#way.proxyTo(this.peer)
      const plain = await dial(this.peer, signal, { proxy })
      return this.#isTls ? await this.#way.verifier.secure(plain, this.peer, signal) : plain
    } finally {
      clearTimeout(timeout)
    }
  }
}
