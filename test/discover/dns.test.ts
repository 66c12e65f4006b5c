import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { DnsOverHttps } from '../../src/discover/dns/dns-over-https.ts'
import { DnsServers } from '../../src/discover/dns/dns-servers.ts'
import { openResolver } from '../../src/discover/dns/open-resolver.ts'
import type { Resolver } from '../../src/discover/dns/resolver.ts'
import { answerDns, type ScriptedZone, startDns } from '../support/scripted-dns.ts'

const many = Array.from({ length: 60 }, (_, index) => ({
  priority: index,
  weight: 1,
  port: 993,
  target: `imap${index}.a-label-of-some-length.example.test`,
}))
const zone: ScriptedZone = {
  'example.test': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1'],
    MX: [{ priority: 5, exchange: 'mx.example.test' }],
  },
  'four.example.test': { A: ['192.0.2.4'] },
  'bare.example.test': {},
  '_imaps._tcp.example.test': { SRV: many },
  '_imap._tcp.example.test': { SRV: [{ priority: 0, weight: 0, port: 0, target: '.' }] },
  '_caldavs._tcp.example.test': { TXT: ['path=/dav/'] },
  'broken.example.test': { rcode: 2 },
  'silent.example.test': { isSilent: true },
}
const noTls = () => Promise.reject(new Error('no TLS was to be had'))

async function asksWell(t: Test, resolver: Resolver): Promise<void> {
  const { kind, records } = (await resolver.addresses('example.test')) as { kind: string; records: string[] }
  t.equal(kind, 'records')
  t.same(records.toSorted(), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
  t.same(await resolver.addresses('four.example.test'), { kind: 'records', records: ['192.0.2.4'] })
  t.same(await resolver.addresses('bare.example.test'), { kind: 'records', records: [] })
  t.same(await resolver.addresses('none.example.test'), { kind: 'no-such-name' })
  t.same(await resolver.srv('_imaps._tcp.example.test'), { kind: 'records', records: many })
  t.match(await resolver.srv('_imap._tcp.example.test'), { records: [{ port: 0, target: '' }] })
  t.match(await resolver.mx('example.test'), { records: [{ priority: 5, exchange: 'mx.example.test' }] })
  t.same(await resolver.txt('_caldavs._tcp.example.test'), { kind: 'records', records: ['path=/dav/'] })
  await t.rejects(resolver.srv('broken.example.test'), { code: 'DISCOVER_DNS_FAILED' })
}

t.test('a DNS server is asked over UDP, and over TCP for a long answer', async t => {
  await using dns = await startDns(zone)
  using resolver = openResolver(dns.address, noTls)
  await asksWell(t, resolver)
  t.ok(dns.asked.includes('udp A example.test'))
  t.ok(dns.asked.includes('tcp SRV _imaps._tcp.example.test'))
  await t.rejects(resolver.mx('silent.example.test'), { code: 'DISCOVER_DNS_FAILED' }, 'silence ends')
})

t.test('targets of SRV records are read also from servers that compress them', async t => {
  await using dns = await startDns(zone, { compresses: true })
  using resolver = openResolver(dns.address, noTls)
  t.same(await resolver.srv('_imaps._tcp.example.test'), { kind: 'records', records: many })
})

t.test('DNS over HTTPS gives the same answers', async t => {
  using resolver = new DnsOverHttps(async message => answerDns(message, zone))
  await asksWell(t, resolver)
})

t.test('what is no DNS message is a failure, not a crash', async t => {
  for (const octets of ['', 'x', 'not a DNS message at all, but long enough', '\xff'.repeat(500)]) {
    using resolver = new DnsOverHttps(async () => Buffer.from(octets, 'latin1'))
    const asked = resolver.srv('example.test').then(
      answer => answer.kind,
      (error: { code: string }) => error.code,
    )
    t.equal(await asked, 'DISCOVER_DNS_FAILED')
  }
})

t.test('the setting names the system, a server, or a URL', async t => {
  for (const setting of ['system', '127.0.0.1', '127.0.0.1:5353', '[::1]:53', 'https://dns.example/dns-query']) {
    openResolver(setting, noTls)[Symbol.dispose]()
  }
  for (const setting of ['', 'dns.example', '1.2.3', '1.2.3.4:99999', '1.2.3.4:0', 'http://dns.example/', 'https://']) {
    t.throws(() => openResolver(setting, noTls), { code: 'DISCOVER_RESOLVER_INVALID' }, setting)
  }
})

t.test(
  'the system is asked for what DNS does not tell, for one name after the other, and not when nobody waits',
  async t => {
    await using dns = await startDns(zone)
    const asked: string[] = []
    const waiting: PromiseWithResolvers<readonly string[]>[] = []
    const started = Promise.withResolvers<void>()
    using resolver = new DnsServers([dns.address], name => {
      asked.push(name)
      started.resolve()
      waiting.push(Promise.withResolvers())
      return waiting.at(-1)?.promise ?? Promise.resolve([])
    })
    const answers = Promise.all(['one.test', 'two.test', 'three.test'].map(name => resolver.addresses(name)))
    await started.promise
    t.same(await resolver.addresses('four.example.test'), { kind: 'records', records: ['192.0.2.4'] })
    t.equal(asked.length, 1)
    resolver[Symbol.dispose]()
    waiting[0]?.resolve(['192.0.2.9'])
    const found = (await answers).filter(({ kind }) => kind === 'records')
    t.same(found, [{ kind: 'records', records: ['192.0.2.9'] }])
    t.equal(asked.length, 1)
  },
)

t.test('a DoH server may be named by an IPv6 address, which its certificate is for', async t => {
  const server = createServer(socket => socket.on('error', () => undefined)).listen(0, '::1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const names: string[] = []
  using resolver = openResolver(`https://[::1]:${port}/dns-query`, async (socket, { host }) => {
    names.push(host)
    socket.destroy()
    throw new Error('seen')
  })
  await t.rejects(resolver.mx('example.test'), { code: 'DISCOVER_DNS_FAILED' })
  t.same(names, ['::1'])
})
