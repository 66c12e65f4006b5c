import { isIP } from 'node:net'
import { PosternError } from '../../errors.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import { hostName } from '../mail-address.ts'
import { askOnce } from '../reach/http.ts'
import { type ProxyTo, Reach, type Secure } from '../reach/reach.ts'
import { DnsOverHttps } from './dns-over-https.ts'
import { DnsServers } from './dns-servers.ts'
import type { Resolver } from './resolver.ts'
import { withholdNames } from './withheld-names.ts'

/**
 * Opens the resolver that the setting `discover.dns` names: `system`, `IP` or `IP:PORT` (UDP, and TCP for long answers), or
 * the https URL of a DoH server, whose own name the system looks up. With a proxy the latter is asked through it, and the
 * system is not told names that are behind it.
 *
 * @throws {PosternError} DISCOVER_RESOLVER_INVALID
 */
export function openResolver(setting: string, secure: Secure, proxyTo?: ProxyTo): Resolver {
  if (setting === 'system') return proxyTo ? withholdNames(new DnsServers(), proxyTo) : new DnsServers()
  if (setting.startsWith('https://')) return openDoh(setting, secure, proxyTo)
  const [, bracketed, plain, port = '53'] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/i.exec(setting) ?? []
  const address = bracketed ?? plain ?? setting
  if (isIP(address) === 0 || Number(port) < 1 || Number(port) > 65_535) throw invalid(setting)
  return new DnsServers([isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`])
}

function openDoh(setting: string, secure: Secure, proxyTo: ProxyTo | undefined): Resolver {
  const url = URL.canParse(setting) ? new URL(setting) : undefined
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (!url || (isIP(host) === 0 && hostName(host) === undefined)) throw invalid(setting)
  // The person who set it vouches for where it is.
  const resolver: Resolver =
    isIP(host) === 0 ? new DnsServers() : { ...NOBODY, addresses: async () => ({ kind: 'records', records: [host] }) }
  const reach = new Reach({ domain: host, resolver, secure, ...(proxyTo ? { proxyTo } : {}) })
  return new DnsOverHttps(async (body, signal) => {
    const headers = { accept: 'application/dns-message', 'content-type': 'application/dns-message' }
    const answer = await askOnce(reach, { method: 'POST', url, headers, body }, signal)
    if (answer.status !== 200) throw new Error(`HTTP status ${answer.status} of ${url.host}`)
    return answer.body
  }, resolver)
}

const nothing = async () => ({ kind: 'records' as const, records: [] })
const NOBODY: Resolver = {
  addresses: nothing,
  srv: nothing,
  mx: nothing,
  txt: nothing,
  [Symbol.dispose]: () => undefined,
}

function invalid(setting: string): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_RESOLVER_INVALID',
    `discover.dns is ${JSON.stringify(setting)}, which is no DNS server.`,
    {
      remedy: 'user',
      advice:
        'Set it to system, to IP:PORT, or to the https URL of a DoH server: postern config set discover.dns system',
    },
  )
}
