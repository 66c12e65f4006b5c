import t from 'tap'
import { makeInternet } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }
const srv = (target: string, port: number) => ({ target, port, priority: 0, weight: 0 })
const config = `<clientConfig><incomingServer type="imap"><hostname>best.example.test</hostname><port>993</port>
  <socketType>SSL</socketType></incomingServer></clientConfig>`

t.test('offers come in the order of trust, each server is looked at once', async t => {
  const { search, seen } = await makeInternet(t, {
    zone: {
      'example.test': PUBLIC,
      'autoconfig.example.test': PUBLIC,
      'best.example.test': PUBLIC,
      'imap.example.test': PUBLIC,
      '_imaps._tcp.example.test': { SRV: [srv('imap.example.test', 993)] },
    },
    pages: { 'https://autoconfig.example.test/mail/config-v1.1.xml': config },
    mail: {
      'best.example.test:993': { protocol: 'imap', security: 'tls', mechanisms: [] },
      'imap.example.test:993': { protocol: 'imap', security: 'tls', mechanisms: [] },
    },
  })
  const discovery = search('ada@example.test')
  const found: string[] = []
  for await (const { report, offer } of discovery.offers('imap')) found.push(`${report.source} ${offer.url}`)
  t.same(found, [
    'autoconfig imaps://best.example.test',
    'srv imaps://imap.example.test',
    'guess imaps://imap.example.test',
  ])
  await Promise.all(discovery.reports)
  t.equal(seen.filter(each => each === 'imap.example.test:993').length, 1)
})

t.test('a source that never answers is late, and the others are not', async t => {
  const { search } = await makeInternet(t, {
    zone: {
      'example.test': PUBLIC,
      'autoconfig.example.test': PUBLIC,
      '_imaps._tcp.example.test': { SRV: [srv('imap.example.test', 993)] },
    },
    pages: { 'https://autoconfig.example.test/mail/config-v1.1.xml': () => undefined },
  })
  const reports = await Promise.all(search('ada@example.test', { sourceTimeoutMs: 2000 }).reports)
  const outcomes = Object.fromEntries(reports.map(({ source, outcome }) => [source, outcome]))
  t.match(outcomes, { autoconfig: 'late', srv: 'offers', autodiscover: 'failed' })
})

t.test('whoever ends a search ends its questions', async t => {
  const { search } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'autoconfig.example.test': PUBLIC },
    pages: { 'https://autoconfig.example.test/mail/config-v1.1.xml': () => undefined },
  })
  const discovery = search('ada@example.test')
  discovery[Symbol.dispose]()
  await t.rejects(Promise.all(discovery.reports), /the search is over/)
})
