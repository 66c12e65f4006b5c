import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { type DiscoverOptions, type Discovery, discover } from '../../src/discover/discover.ts'
import { DnsOverHttps } from '../../src/discover/dns/dns-over-https.ts'
import type { Resolver } from '../../src/discover/dns/resolver.ts'
import { Reach } from '../../src/discover/reach/reach.ts'
import type { SourceReport } from '../../src/discover/sources/source.ts'
import { PosternError } from '../../src/errors.ts'
import { answerDns, type ScriptedZone } from './scripted-dns.ts'
import { type Captured, type MailScript, startMail, startWeb, type WebAnswer } from './scripted-servers.ts'

/** A page, or what makes one of a request. */
export type Page = WebAnswer | string | ((request: PageRequest) => WebAnswer)

/** What a page is asked. */
export interface PageRequest {
  readonly url: string
  readonly method: string
  readonly body: string
  /** How the client signs in; empty when it does not. */
  readonly authorization: string
}

/** An internet of its own: names, web pages by their URLs, mail servers by `host:port`. Without TLS: `secure` only notes it. */
export interface Internet {
  readonly zone: ScriptedZone
  readonly pages?: Readonly<Record<string, Page>>
  readonly mail?: Readonly<Record<string, MailScript>>
  /** Hosts whose certificate nobody trusts. */
  readonly untrusted?: readonly string[]
}

/** What the tests look at. */
export interface InternetView {
  readonly resolver: Resolver
  readonly reach: (domain: string) => Reach
  /** `host:port` of each connection, `tls host:port` of each handshake, `METHOD URL` of each page. */
  readonly seen: readonly string[]
  readonly captured: readonly Captured[]
  readonly search: (email: string, options?: Partial<DiscoverOptions>) => Discovery
}

/** Makes it; it ends with the test. */
export async function makeInternet(
  t: Test,
  { zone, pages = {}, mail = {}, untrusted = [] }: Internet,
): Promise<InternetView> {
  const seen: string[] = []
  const captured: Captured[] = []
  const ports = new Map<string, number>()
  const asked = new Map<number, number>() // the port that was meant, by the client's own port
  const http = await startWeb({ ip: '127.0.0.1', port: 0, captured }, (request, body) => {
    const isTls = asked.get(request.socket.remotePort ?? 0) === 443
    const url = `${isTls ? 'https' : 'http'}://${request.headers.host}${request.url}`
    const { method = '', headers } = request
    const { authorization = '' } = headers
    seen.push(`${method} ${url}`)
    const page = pages[url] ?? pages[url.split('?', 1)[0] ?? '']
    if (typeof page === 'string') return { status: 200, body: page }
    return typeof page === 'function'
      ? page({ url, method, body: body.toString(), authorization })
      : (page ?? { status: 404 })
  })
  t.teardown(() => http.close())
  const webHosts = new Set(Object.keys(pages).map(url => new URL(url).host))
  for (const [place, script] of Object.entries(mail)) {
    const server = await startMail({ ip: '127.0.0.1', port: 0, captured }, script)
    t.teardown(() => server.close())
    ports.set(place, portOf(server))
  }
  const open: NonNullable<DiscoverOptions['connect']> = async ({ host, port }) => {
    const place = `${host}:${port}`
    seen.push(place)
    const to = ports.get(place) ?? ((port === 443 || port === 80) && webHosts.has(host) ? portOf(http) : undefined)
    if (to === undefined) throw refused(place)
    const socket = connect(to, '127.0.0.1')
    await once(socket, 'connect')
    asked.set(socket.localPort ?? 0, port)
    t.teardown(() => socket.destroy())
    return socket
  }
  const secure = async (socket: Socket, { host, port }: { host: string; port: number }) => {
    seen.push(`tls ${host}:${port}`)
    if (untrusted.includes(host)) throw expired(`${host}:${port}`)
    return socket
  }
  const makeResolver = () => new DnsOverHttps(async message => answerDns(message, zone))
  return {
    resolver: makeResolver(),
    reach: domain => new Reach({ domain, resolver: makeResolver(), secure, connect: open }),
    seen,
    captured,
    search: (email, options = {}) => {
      const { signal } = new AbortController()
      const discovery = discover(email, {
        resolver: makeResolver(),
        secure,
        connect: open,
        useIspdb: false,
        signal,
        random: () => 0,
        ...options,
      })
      t.teardown(() => discovery[Symbol.dispose]())
      return discovery
    },
  }
}

/** What one source said. */
export async function reportOf(discovery: Discovery, source: SourceReport['source']): Promise<SourceReport> {
  const found = (await Promise.all(discovery.reports)).find(report => report.source === source)
  if (!found) throw new Error(`${source} was not asked`)
  return found
}

function portOf(server: { address(): unknown }): number {
  const address = server.address()
  return typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : 0
}

function refused(place: string): PosternError {
  return new PosternError('NET_REFUSED', `${place} refused the connection.`, { remedy: 'retry', advice: 'None.' })
}

function expired(place: string): PosternError {
  return new PosternError('TLS_EXPIRED', `${place} is expired.`, { remedy: 'user', advice: 'None.' })
}
