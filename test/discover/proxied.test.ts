import type { Socket } from 'node:net'
import t from 'tap'
import { discover } from '../../src/discover/discover.ts'
import { openResolver } from '../../src/discover/dns/open-resolver.ts'
import type { Resolver } from '../../src/discover/dns/resolver.ts'
import { withholdNames } from '../../src/discover/dns/withheld-names.ts'
import { startScriptedProxy } from '../support/scripted-proxy.ts'

const secure = async (socket: Socket) => socket

/** A resolver that notes who is asked for, and knows nobody. */
function noting(): Resolver & { readonly asked: string[] } {
  const asked: string[] = []
  const note = async (name: string) => {
    asked.push(name)
    return { kind: 'no-such-name' as const }
  }
  return { asked, addresses: note, srv: note, mx: note, txt: note, [Symbol.dispose]: () => undefined }
}

/** A proxy that connects to nothing and notes what it is asked for. */
async function startNotingProxy(t: import('tap').Test) {
  const asked: string[] = []
  const proxy = await startScriptedProxy(t, 'http', socket => {
    socket.once('data', chunk => {
      asked.push(/^CONNECT (\S+)/.exec(String(chunk))?.[1] ?? String(chunk))
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    })
  })
  return { proxy, asked }
}

t.test('behind a proxy no name is told to anybody else', async t => {
  const { proxy, asked } = await startNotingProxy(t)
  const system = noting()
  const proxyTo = async () => proxy
  const connect = async () => t.fail('nothing is connected to directly') as never
  const { signal } = new AbortController()
  using discovery = discover('ada@example.test', {
    ...{ resolver: withholdNames(system, proxyTo), secure, proxyTo, connect, useIspdb: false, signal },
  })
  const reports = await Promise.all(discovery.reports)
  t.same(system.asked, [])
  for (const host of ['autoconfig.example.test:443', 'imap.example.test:993', 'smtp.example.test:465'])
    t.ok(asked.includes(host), host)
  const codeOf = (name: string) => reports.find(({ source }) => source === name)?.code
  t.equal(codeOf('srv'), 'DISCOVER_DNS_WITHHELD')
  t.equal(codeOf('autoconfig-mx'), 'DISCOVER_DNS_WITHHELD')
  t.match(reports.find(({ source }) => source === 'autoconfig')?.says, /403/)
  await t.rejects(discovery.isDomainKnown(), { code: 'DISCOVER_DNS_WITHHELD' })
})

t.test('names that are reached without it are looked up as ever', async t => {
  const { proxy, asked } = await startNotingProxy(t)
  const system = noting()
  const proxyTo = async ({ host }: { host: string }) => (host.endsWith('example.test') ? undefined : proxy)
  const { signal } = new AbortController()
  using discovery = discover('ada@example.test', {
    ...{ resolver: withholdNames(system, proxyTo), secure, proxyTo, useIspdb: false, signal },
  })
  await Promise.all(discovery.reports)
  t.ok(system.asked.includes('_imaps._tcp.example.test') && system.asked.includes('imap.example.test'))
  t.same(asked, [])
})

t.test('DNS over HTTPS goes through the proxy', async t => {
  const { proxy, asked } = await startNotingProxy(t)
  using resolver = openResolver('https://dns.example.test/dns-query', secure, async () => proxy)
  await t.rejects(resolver.srv('_imaps._tcp.example.org'), { code: 'DISCOVER_DNS_FAILED', message: /403/ })
  t.same([...new Set(asked)], ['dns.example.test:443'])
})
