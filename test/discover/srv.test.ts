import t from 'tap'
import { orderRecords } from '../../src/discover/sources/srv.ts'
import { makeInternet, reportOf } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }
const srv = (target: string, port: number, priority = 0, weight = 0) => ({ target, port, priority, weight })

t.test('records are tried by priority, then by chance and weight', async t => {
  const records = [srv('last', 1, 9, 65535), srv('light', 1, 1, 1), srv('heavy', 1, 1, 99), srv('zero', 1, 1, 0)]
  const order = (random: () => number) => orderRecords(records, random).map(({ target }) => target)
  t.same(
    order(() => 0),
    ['zero', 'light', 'heavy', 'last'],
  )
  t.same(
    order(() => 0.999),
    ['heavy', 'light', 'zero', 'last'],
  )
  const firsts = Array.from({ length: 1000 }, (_, index) => order(() => (index + 0.5) / 1000)[0])
  t.ok(firsts.filter(first => first === 'heavy').length > 900, 'the weight counts')
})

t.test('every service has its scheme; a lone dot is a no, a host outside is doubted', async t => {
  const { search } = await makeInternet(t, {
    zone: {
      'example.test': PUBLIC,
      '_imaps._tcp.example.test': { SRV: [srv('imap.provider.test', 993, 1), srv('mail.example.test', 9993)] },
      '_imap._tcp.example.test': { SRV: [srv('.', 0)] },
      '_submissions._tcp.example.test': { SRV: [srv('mail.example.test', 465)] },
      '_submission._tcp.example.test': { SRV: [srv('mail.example.test', 587)] },
      '_sieve._tcp.example.test': { SRV: [srv('mail.example.test', 4190)] },
      '_caldavs._tcp.example.test': { SRV: [srv('mail.example.test', 443)], TXT: ['path=/dav/cal'] },
      '_carddavs._tcp.example.test': { SRV: [srv('mail.example.test', 8443)] },
    },
  })
  const { offers, says } = await reportOf(search('ada@example.test'), 'srv')
  t.same(
    offers.map(({ url, doubt }) => [url, doubt !== undefined]),
    [
      ['imaps://mail.example.test:9993', false],
      ['imaps://imap.provider.test', true],
      ['smtps://mail.example.test', false],
      ['smtp+starttls://mail.example.test', false],
      ['sieve://mail.example.test', false],
      ['https://mail.example.test/dav/cal', false],
      ['https://mail.example.test:8443/.well-known/carddav', false],
    ],
  )
  t.match(says, /_imap\._tcp is not offered/)
})

t.test('a question that DNS does not answer is told as such, and the others count', async t => {
  const names = ['_imaps', '_imap', '_submissions', '_submission', '_sieve', '_caldavs', '_carddavs']
  const broken = Object.fromEntries(names.map(name => [`${name}._tcp.example.test`, { rcode: 2 }]))
  const all = await makeInternet(t, { zone: { 'example.test': PUBLIC, ...broken } })
  t.match(await reportOf(all.search('ada@example.test'), 'srv'), { outcome: 'failed', code: 'DISCOVER_DNS_FAILED' })
  const some = await makeInternet(t, {
    zone: { ...broken, 'example.test': PUBLIC, '_imaps._tcp.example.test': { SRV: [srv('mail.example.test', 993)] } },
  })
  t.match(await reportOf(some.search('ada@example.test'), 'srv'), {
    outcome: 'offers',
    says: /_imaps\._tcp mail\.example\.test:993; DNS gave no answer for _imap\._tcp/,
    offers: [{ url: 'imaps://mail.example.test' }],
  })
})

t.test('of many servers a few are offered', async t => {
  const SRV = Array.from({ length: 50 }, (_, index) => srv(`mail${index}.example.test`, 993, index))
  const { search, seen } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, '_imaps._tcp.example.test': { SRV } },
  })
  t.equal((await reportOf(search('ada@example.test'), 'srv')).offers.length, 10)
  t.notOk(seen.includes('mail10.example.test:993'))
})

t.test('of very many records, some are put into order', async t => {
  const records = Array.from({ length: 3000 }, (_, index) => srv(`mail${index}`, 1, index))
  t.equal(orderRecords(records, () => 0).length, 100)
  t.equal(orderRecords(records, () => 0)[0]?.target, 'mail0')
})
