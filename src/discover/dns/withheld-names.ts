import { PosternError } from '../../errors.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import type { ProxyTo } from '../reach/reach.ts'
import type { Resolver } from './resolver.ts'

const ANY_PORT = 443

/**
 * Keeps names from a resolver that is not asked through the proxy: whoever runs it would learn which mail domain somebody
 * here belongs to. Names that are reached without the proxy are asked for as ever.
 */
export function withholdNames(resolver: Resolver, proxyTo: ProxyTo): Resolver {
  const unlessProxied =
    <Asked>(ask: (name: string) => Promise<Asked>) =>
    async (name: string): Promise<Asked> => {
      if (await proxyTo({ host: name, port: ANY_PORT })) throw withheld(name)
      return ask(name)
    }
  return {
    addresses: unlessProxied(name => resolver.addresses(name)),
    srv: unlessProxied(name => resolver.srv(name)),
    mx: unlessProxied(name => resolver.mx(name)),
    txt: unlessProxied(name => resolver.txt(name)),
    [Symbol.dispose]: () => resolver[Symbol.dispose](),
  }
}

function withheld(name: string): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_DNS_WITHHELD',
    `DNS was not asked for ${name}: a proxy is set, and DNS goes around it.`,
    {
      remedy: 'user',
      advice:
        'Name a DNS server that is asked through the proxy, postern config set discover.dns https://HOST/dns-query, ' +
        'or one that may know, IP:PORT.',
    },
  )
}
