import type { Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import { connectTo } from '../../net/connect.ts'
import { dial } from '../../net/dial.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import { type Resolver, recordsOf } from '../dns/resolver.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import { isInside } from '../mail-address.ts'
import { type AddressClass, classOf } from './address-class.ts'

/** A server by the name that its certificate has to be for. */
export interface Server {
  readonly host: string
  readonly port: number
}

/**
 * Makes a TLS connection of a plain one, once the certificate is verified or approved: the daemon's verifier.
 *
 * @throws {PosternError} TLS_…, NET_LOST, or the signal's reason; the socket is destroyed then.
 */
export type Secure = (socket: Socket, server: Server, signal: AbortSignal) => Promise<Socket>

/** Finds the proxy on the way to a server; undefined for the direct way. */
export type ProxyTo = (server: Server) => Promise<NetworkProxy | undefined>

/** How a server is connected to: at addresses that may be used, or through a proxy, which alone looks up its name. */
export interface Way {
  readonly addresses: readonly string[] | undefined
  readonly proxy: NetworkProxy | undefined
}

/** What {@link Reach} works with. */
export interface ReachOptions {
  /** The mail domain. */
  readonly domain: string
  readonly resolver: Resolver
  readonly secure: Secure
  /** Without it, every way is direct. */
  readonly proxyTo?: ProxyTo
  /** Opens a TCP connection to one of the addresses; for tests. */
  readonly connect?: typeof connectTo
}

/**
 * The way to servers that strangers name. A name is looked up once, its addresses are judged, and those that may be used
 * are the ones that are connected to: DNS cannot say something else the second time. What is public may always be used.
 * This machine, the link and reserved networks may be used only if the mail domain itself lies there; private networks
 * also by hosts below the mail domain, since companies name their inner servers so. Behind a proxy nothing is looked up
 * here, and it is the proxy's rules that say what may be reached.
 */
export class Reach {
  readonly domain: string
  readonly resolver: Resolver
  readonly secure: Secure
  readonly #connect: typeof connectTo
  readonly #proxyTo: ProxyTo
  readonly #known = new Map<string, Promise<readonly string[]>>()
  #home: Promise<ReadonlySet<AddressClass>> | undefined

  constructor({ domain, resolver, secure, proxyTo = direct, connect = connectTo }: ReachOptions) {
    this.domain = domain
    this.resolver = resolver
    this.secure = secure
    this.#connect = connect
    this.#proxyTo = proxyTo
  }

  /**
   * The addresses of a host that may be used, at least one.
   *
   * @throws {PosternError} DISCOVER_DNS_FAILED, DISCOVER_HOST_UNKNOWN, DISCOVER_ADDRESS_FORBIDDEN
   */
  addressesOf(host: string): Promise<readonly string[]> {
    const known = this.#known.get(host) ?? this.#lookUp(host)
    this.#known.set(host, known)
    return known
  }

  /**
   * Opens a TCP connection.
   *
   * @throws {PosternError} DISCOVER_…, NET_…; the signal's reason
   */
  async connect(server: Server, signal: AbortSignal): Promise<Socket> {
    const { addresses, proxy } = await this.wayTo(server)
    if (proxy) return dial(server, signal, { proxy })
    return this.#connect({ host: server.host, port: server.port, ...(addresses ? { addresses } : {}) }, signal)
  }

  /**
   * Says how a server is connected to.
   *
   * @throws {PosternError} DISCOVER_DNS_FAILED, DISCOVER_HOST_UNKNOWN, DISCOVER_ADDRESS_FORBIDDEN, NET_PROXY_UNUSABLE
   */
  async wayTo(server: Server): Promise<Way> {
    const proxy = await this.#proxyTo(server)
    return { addresses: proxy ? undefined : await this.addressesOf(server.host), proxy }
  }

  async #lookUp(host: string): Promise<readonly string[]> {
    const all = recordsOf(await this.resolver.addresses(host))
    if (all.length === 0) throw unknownHost(host)
    const home = await this.#homeClasses()
    const usable = all.filter(address => this.#mayUse(host, classOf(address), home))
    if (usable.length === 0) throw forbidden(host, this.domain)
    return usable
  }

  #mayUse(host: string, found: AddressClass, home: ReadonlySet<AddressClass>): boolean {
    if (found === 'public' || home.has(found)) return true
    return found === 'private' && isInside(host, this.domain)
  }

  #homeClasses(): Promise<ReadonlySet<AddressClass>> {
    this.#home ??= this.resolver.addresses(this.domain).then(
      answer => new Set(recordsOf(answer).map(classOf)),
      () => new Set(), // who has no address here vouches for none; the host's own answer is told
    )
    return this.#home
  }
}

async function direct(): Promise<undefined> {
  return undefined
}

function unknownHost(host: string): PosternError {
  return new PosternError<DiscoverErrorCode>('DISCOVER_HOST_UNKNOWN', `There is no host ${host}.`, {
    remedy: 'user',
    advice: 'Check the spelling of the address.',
  })
}

function forbidden(host: string, domain: string): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_ADDRESS_FORBIDDEN',
    `${host} has only addresses in a network of this machine, where ${domain} itself is not.`,
    {
      remedy: 'user',
      advice: 'If the mail server really is there, give its URLs by hand: postern profile add --help',
    },
  )
}
