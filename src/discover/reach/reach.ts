import type { Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import { connectTo } from '../../net/connect.ts'
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

/** What {@link Reach} works with. */
export interface ReachOptions {
  /** The mail domain. */
  readonly domain: string
  readonly resolver: Resolver
  readonly secure: Secure
  /** Opens a TCP connection to one of the addresses; for tests. */
  readonly connect?: typeof connectTo
}

/**
 * The way to servers that strangers name. A name is looked up once, its addresses are judged, and those that may be used
 * are the ones that are connected to: DNS cannot say something else the second time. What is public may always be used.
 * This machine, the link and reserved networks may be used only if the mail domain itself lies there; private networks
 * also by hosts below the mail domain, since companies name their inner servers so.
 */
export class Reach {
  readonly domain: string
  readonly resolver: Resolver
  readonly secure: Secure
  readonly #connect: typeof connectTo
  readonly #known = new Map<string, Promise<readonly string[]>>()
  #home: Promise<ReadonlySet<AddressClass>> | undefined

  constructor({ domain, resolver, secure, connect = connectTo }: ReachOptions) {
    this.domain = domain
    this.resolver = resolver
    this.secure = secure
    this.#connect = connect
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
  async connect({ host, port }: Server, signal: AbortSignal): Promise<Socket> {
    return this.#connect({ host, port, addresses: await this.addressesOf(host) }, signal)
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
