import t from 'tap'
import { makeInternet } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }
const NAMES = ['192.0.2.1', 'mail.example.1', 'a b.provider.test', 'x\x1b[2J.provider.test', 'a/b.c:8443', '%', '.', '']

// MX and SRV records that name addresses are seen in the wild, and names of DNS may hold any octets.
for (const name of NAMES) {
  t.test(`a search survives records that name ${JSON.stringify(name)}`, async t => {
    const { search, seen } = await makeInternet(t, {
      zone: {
        'example.test': { ...PUBLIC, MX: [{ priority: 0, exchange: name }] },
        'autoconfig.provider.test': PUBLIC,
        '_imaps._tcp.example.test': { SRV: [{ priority: 0, weight: 0, port: 993, target: name }] },
        '_caldavs._tcp.example.test': { SRV: [{ priority: 0, weight: 0, port: 443, target: name }] },
        '_autodiscover._tcp.example.test': { SRV: [{ priority: 0, weight: 0, port: 443, target: name }] },
      },
    })
    const reports = await Promise.all(search('ada@example.test').reports)
    t.same(
      reports.flatMap(({ offers }) => offers),
      [],
    )
    t.notOk(seen.some(each => /192|provider|8443/.test(each)))
  })
}

t.test('a DNS server that never answers for the domain holds nobody up', async t => {
  const { search, resolver } = await makeInternet(t, { zone: { 'example.test': PUBLIC } })
  const silent = {
    ...resolver,
    addresses: () => new Promise<never>(() => undefined),
    [Symbol.dispose]: () => undefined,
  }
  const discovery = search('ada@example.test', { resolver: Object.setPrototypeOf(silent, resolver) })
  const asked = discovery.isDomainKnown()
  discovery[Symbol.dispose]()
  await t.rejects(asked, /the search is over/)
  const hasty = search('ada@example.test', { resolver: Object.setPrototypeOf(silent, resolver), sourceTimeoutMs: 1 })
  await t.rejects(hasty.isDomainKnown(), { code: 'DISCOVER_DNS_FAILED' })
})
