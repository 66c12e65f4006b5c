import { readProxyEnvironment } from '../../config/proxy-environment.ts'
import { type ProxyUrl, parseProxyUrl } from '../../config/proxy-url.ts'
import type { Config } from '../../config/schema.ts'
import { PosternError } from '../../errors.ts'
import type { NetErrorCode } from '../../net/errors.ts'
import { type HostPort, isLoopback } from '../../net/host-port.ts'
import { parseBypass } from '../../net/proxy/bypass.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import type { Profile } from '../../profile/profiles.ts'
import { INSTALLATION, type Secrets } from '../../profile/secrets.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import { readSystemProxy } from './read-system-proxy.ts'
import type { SystemProxy } from './system-proxy.ts'

const SYSTEM_KNOWN_MS = 60_000 // desktops tell nobody that their proxy has changed

/** What {@link Network} decides on. */
export interface NetworkOptions {
  readonly settings: () => Config['network']
  readonly secrets: () => Promise<Secrets>
  /** Tests have their own. */
  readonly environment?: typeof readProxyEnvironment
  readonly system?: () => Promise<SystemProxy>
  readonly nowMs?: () => number
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
    const own = { environment: readProxyEnvironment, system: readSystemProxy, nowMs: () => performance.now() }
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

  /** The certificate that a profile shows to its servers, if it has one. */
  async identityOf({ number }: Pick<Profile, 'number'>): Promise<ClientIdentity | undefined> {
    const text = (await this.#options.secrets()).find(number, 'clientCertificate')
    return text === undefined ? undefined : (JSON.parse(text) as ClientIdentity) // written by `keepIdentity`
  }

  /** Forgets what the system said: the network is another one. */
  forget(): void {
    this.#system = undefined
  }

  async #automatic(target: HostPort): Promise<Way> {
    const { proxy: named, bypass } = this.#options.environment()
    if (parseBypass(bypass)(target)) return direct('NO_PROXY says so')
    if (named) {
      const proxy = parseProxyUrl(named.url.includes('://') ? named.url : `http://${named.url}`)
      if (!proxy) throw unusable(named.variable, named.url)
      const complete = await this.#withPassword(proxy, INSTALLATION)
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
    return { ...proxy, password: (await this.#options.secrets()).find(owner, 'proxyPassword') }
  }
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

// Only the scheme is told: an environment variable may hold a password.
function unusable(source: string, url: string): PosternError {
  const scheme = /^([a-z0-9+.-]{1,20}):\/\//i.exec(url)?.[1]
  const what = scheme === undefined ? 'no proxy' : `a ${scheme}:// proxy`
  return new PosternError<NetErrorCode>('NET_PROXY_UNUSABLE', `${source} names ${what} that Postern cannot use.`, {
    remedy: 'user',
    advice: 'Name one with http://HOST:PORT or socks5://HOST:PORT, or none: postern config set network.proxy none',
  })
}
