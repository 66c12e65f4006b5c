import { readProxyEnvironment } from '../../config/proxy-environment.ts'
import { type ProxyUrl, parseProxyUrl } from '../../config/proxy-url.ts'
import type { Config } from '../../config/schema.ts'
import { PosternError } from '../../errors.ts'
import { findPortal } from '../../net/captive-portal.ts'
import type { NetErrorCode } from '../../net/errors.ts'
import type { HostPort } from '../../net/host-port.ts'
import { isLoopback } from '../../net/loopback.ts'
import { parseBypass } from '../../net/proxy/bypass.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import { serverOf, serverUrlsOf } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import { INSTALLATION, type Secrets } from '../../profile/secrets.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import { passwordFor } from './proxy-password.ts'
import { readSystemProxy } from './read-system-proxy.ts'
import type { SystemProxy } from './system-proxy.ts'

const SYSTEM_KNOWN_MS = 60_000 // desktops tell nobody that their proxy has changed

// What a sign-in page looks like to a mail program. A refused password is none: no page asks for it in these protocols.
const PORTAL_SIGNS: ReadonlySet<string> = new Set([
  'NET_TIMEOUT',
  'NET_REFUSED',
  'NET_LOST',
  'TLS_UNTRUSTED',
  'TLS_EXPIRED',
  'TLS_WRONG_NAME',
  'TLS_PIN_MISMATCH',
  'TLS_HANDSHAKE',
  'TLS_NO_CERTIFICATE',
  'FORMATS_IMAP_SYNTAX',
  'UPSTREAM_PROTOCOL',
  'UPSTREAM_SILENT',
  'UPSTREAM_NO_STARTTLS',
])

/** What {@link Network} decides on. */
export interface NetworkOptions {
  readonly settings: () => Config['network']
  readonly secrets: () => Promise<Secrets>
  /** Tests have their own. */
  readonly environment?: typeof readProxyEnvironment
  readonly system?: () => Promise<SystemProxy>
  readonly nowMs?: () => number
  readonly findPortal?: typeof findPortal
}

/** How a server is reached, and why so, in words. */
export interface Way {
  readonly proxy: NetworkProxy | undefined
  readonly because: string
}

/** Of a profile, what decides on the way to its servers. */
export type WayProfile = Pick<Profile, 'name' | 'number' | 'proxy'>

/** Decides through which proxy a server is reached, if any. */
export class Network {
  readonly #options: Required<NetworkOptions>
  #system: { readonly readMs: number; readonly proxy: Promise<SystemProxy> } | undefined

  constructor(options: NetworkOptions) {
    const own = {
      environment: readProxyEnvironment,
      system: readSystemProxy,
      nowMs: () => performance.now(),
      findPortal,
    }
    this.#options = { ...own, ...options }
  }

  /** @throws {PosternError} NET_PROXY_UNUSABLE, and what keeps the secrets from being read */
  async proxyTo(profile: WayProfile | undefined, target: HostPort): Promise<NetworkProxy | undefined> {
    return (await this.wayTo(profile, target)).proxy
  }

  /** @throws {PosternError} as {@link proxyTo} */
  async wayTo(profile: WayProfile | undefined, target: HostPort): Promise<Way> {
    if (isLoopback(target.host)) return direct('it is this machine')
    const own = profile?.proxy
    const setting = own ?? this.#options.settings().proxy
    const source = own === undefined ? 'network.proxy' : `proxy of ${profile?.name}`
    if (setting === 'none') return direct(`${source} is none`)
    if (setting === 'auto') return this.#automatic(target)
    const proxy = parseProxyUrl(setting)
    if (!proxy) throw unusable(source, setting) // the schema has checked it
    const owner = own === undefined ? INSTALLATION : (profile?.number ?? INSTALLATION)
    return { proxy: { ...(await this.#withPassword(proxy, owner)), source }, because: `set by ${source}` }
  }

  /**
   * The proxy that a password is stored for: a profile's own, or that of `network.proxy` or of the environment.
   *
   * @throws {PosternError} NET_PROXY_UNUSABLE, NET_PROXY_NO_USER
   */
  proxyWithUser(profile: WayProfile | undefined): ProxyUrl {
    const setting = profile ? profile.proxy : this.#options.settings().proxy
    const named = profile || setting !== 'auto' ? undefined : this.#options.environment().proxy
    const proxy = named ? parseNamed(named) : setting === undefined ? undefined : parseProxyUrl(setting)
    if (proxy?.user !== undefined) return proxy
    throw noUser(profile)
  }

  /** The certificate that a profile shows to its servers, if it has one. */
  async identityOf({ number }: Pick<Profile, 'number'>): Promise<ClientIdentity | undefined> {
    const text = (await this.#options.secrets()).find(number, 'clientCertificate')
    return text === undefined ? undefined : (JSON.parse(text) as ClientIdentity) // written by `keepIdentity`
  }

  /**
   * Tells a failure that a sign-in page of the network may have caused as what it is, after a look at the hosts of the
   * profile; gives every other failure back as it came.
   */
  async explain(
    profile: Pick<Profile, keyof WayProfile | 'imap' | 'smtp'> & Partial<Pick<Profile, 'dav' | 'carddav' | 'sieve'>>,
    error: unknown,
  ): Promise<unknown> {
    if (!(error instanceof PosternError) || !PORTAL_SIGNS.has(error.code)) return error
    const urls = serverUrlsOf(profile)
      .map(url => serverOf(url))
      .filter(url => url !== undefined)
    const ways = await Promise.all(urls.map(url => this.proxyTo(profile, url)))
    const direct = urls.filter((_, index) => ways[index] === undefined).map(({ host }) => host)
    const portal = await this.#options.findPortal(direct, { signal: new AbortController().signal })
    return portal === undefined ? error : captivePortal(error, portal)
  }

  /** Forgets what the system said: the network is another one. */
  forget(): void {
    this.#system = undefined
  }

  async #automatic(target: HostPort): Promise<Way> {
    const { proxy: named, bypass } = this.#options.environment()
    if (parseBypass(bypass)(target)) return direct('NO_PROXY says so')
    if (named) {
      const proxy = parseNamed(named)
      // The stored password is that of network.proxy where this names one.
      const isOurs = this.#options.settings().proxy === 'auto'
      const complete = isOurs ? await this.#withPassword(proxy, INSTALLATION) : proxy
      return { proxy: { ...complete, source: named.variable }, because: `set by ${named.variable}` }
    }
    return systemWay(await this.#systemProxy(), target)
  }

  #systemProxy(): Promise<SystemProxy> {
    const now = this.#options.nowMs()
    if (!this.#system || now - this.#system.readMs > SYSTEM_KNOWN_MS) {
      this.#system = { readMs: now, proxy: this.#options.system() }
    }
    return this.#system.proxy
  }

  async #withPassword(proxy: ProxyUrl, owner: number): Promise<ProxyUrl> {
    if (proxy.user === undefined || proxy.password !== undefined) return proxy
    const secret = (await this.#options.secrets()).find(owner, 'proxyPassword')
    return { ...proxy, password: passwordFor(proxy, secret) }
  }
}

function parseNamed({ url, variable }: { readonly url: string; readonly variable: string }): ProxyUrl {
  const proxy = parseProxyUrl(url.includes('://') ? url : `http://${url}`)
  if (proxy) return proxy
  throw unusable(variable, url)
}

// SOCKS is for any port; many HTTP proxies let web ports through alone.
function systemWay({ http, socks, bypass, script }: SystemProxy, target: HostPort): Way {
  const found = socks ?? http
  const source = 'the system’s settings'
  if (!found) {
    return direct(script === undefined ? 'no proxy is set' : `${source} name a script (${script}), which is not run`)
  }
  if (parseBypass(bypass)(target)) return direct(`${source} make an exception of it`)
  return { proxy: { kind: socks ? 'socks5' : 'http', ...found, source }, because: `set by ${source}` }
}

function direct(because: string): Way {
  return { proxy: undefined, because }
}

function captivePortal(cause: PosternError, portal: string): PosternError {
  return new PosternError<NetErrorCode>(
    'NET_CAPTIVE_PORTAL',
    `A sign-in page of the network (${portal}) seems to answer in place of the mail server. ${cause.message}`,
    {
      remedy: 'retry',
      advice: 'Open any page in a browser and sign in to the network. Postern tries again by itself; approve nothing.',
      cause,
    },
  )
}

function noUser(profile: WayProfile | undefined): PosternError {
  const [whose, how] = profile
    ? [`proxy of ${profile.name}`, `postern profile set ${profile.name} proxy`]
    : ['network.proxy', 'postern config set network.proxy']
  return new PosternError<NetErrorCode>('NET_PROXY_NO_USER', `${whose} names no proxy with a user name.`, {
    remedy: 'user',
    advice: `A password goes to one proxy and its user alone. Name both first: ${how} http://USER@HOST:PORT`,
  })
}

// Only the scheme is told: an environment variable may hold a password.
function unusable(source: string, url: string): PosternError {
  const scheme = /^([a-z0-9+.-]{1,20}):\/\//i.exec(url)?.[1]
  const what = scheme === undefined ? 'no proxy' : `a ${scheme}:// proxy`
  return new PosternError<NetErrorCode>('NET_PROXY_UNUSABLE', `${source} names ${what} that Postern cannot use.`, {
    remedy: 'user',
    advice: 'Name one with http://HOST:PORT or socks5://HOST:PORT, or none: postern config set network.proxy none',
  })
}
