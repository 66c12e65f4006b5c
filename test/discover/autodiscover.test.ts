import t from 'tap'
import { makeInternet, reportOf } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }
const PATH = '/autodiscover/autodiscover.xml'
const answer = (inside: string) =>
  `<Autodiscover><Response><Account><Action>settings</Action>${inside}</Account></Response></Autodiscover>`
const IMAP =
  '<Protocol><Type>IMAP</Type><Server>imap.provider.test</Server><Port>993</Port><LoginName>ada7</LoginName></Protocol>'

t.test('protocols are read with what their words mean', async t => {
  const protocol = (inside: string) => `<Protocol>${inside}</Protocol>`
  const { search, seen } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC },
    pages: {
      [`https://example.test${PATH}`]: answer(
        [
          IMAP,
          protocol('<Type>IMAP</Type><Server>a.test</Server><Port>143</Port><SSL>on</SSL>'),
          protocol('<Type>IMAP</Type><Server>b.test</Server><Port>143</Port><SSL>off</SSL>'),
          protocol('<Type>SMTP</Type><Server>c.test</Server><Port>465</Port><Encryption>SSL</Encryption>'),
          protocol('<Type>SMTP</Type><Server>d.test</Server><Port>2525</Port><Encryption>TLS</Encryption>'),
          protocol('<Type>CalDAV</Type><Server>https://e.test/dav/</Server>'),
          protocol('<Type>EXCH</Type><Server>f.test</Server>'),
        ].join(''),
      ),
    },
  })
  const { offers } = await reportOf(search('ada@example.test'), 'autodiscover')
  t.same(
    offers.map(({ url, users }) => [url, users[0]]),
    [
      ['imaps://imap.provider.test', 'ada7'],
      ['imap+starttls://a.test', 'ada@example.test'],
      ['imap://b.test', 'ada@example.test'],
      ['smtps://c.test', 'ada@example.test'],
      ['smtp+starttls://d.test:2525', 'ada@example.test'],
      ['https://e.test/dav/', 'ada@example.test'],
    ],
  )
  t.ok(seen.includes(`POST https://example.test${PATH}`))
})

t.test('the request holds the address and no password; what it wants first is not given', async t => {
  const bodies: string[] = []
  const { search } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'autodiscover.example.test': PUBLIC },
    pages: {
      [`https://example.test${PATH}`]: ({ body }) => {
        bodies.push(body)
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      },
    },
  })
  t.match(await reportOf(search('a&b@example.test'), 'autodiscover'), {
    outcome: 'nothing',
    says: /wants the password first/,
  })
  t.match(bodies[0], /<EMailAddress>a&#38;b@example\.test<\/EMailAddress>/)
})

t.test('a redirect of http leads to https alone, and what it leads to is doubted', async t => {
  const { search, seen } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'autodiscover.example.test': PUBLIC, 'host.provider.test': PUBLIC },
    pages: {
      [`http://autodiscover.example.test${PATH}`]: {
        status: 302,
        headers: { location: `https://host.provider.test${PATH}` },
      },
      [`https://host.provider.test${PATH}`]: answer(IMAP),
    },
  })
  const { offers } = await reportOf(search('ada@example.test'), 'autodiscover-redirect')
  t.match(offers, [{ url: 'imaps://imap.provider.test', doubt: /can forge leads to host\.provider\.test/ }])
  t.ok(seen.includes(`GET http://autodiscover.example.test${PATH}`))
  t.notOk(
    seen.some(each => each.startsWith('POST http:')),
    'the address never goes in plain text',
  )
})

t.test('answers that lead on are followed for a while, another address is not', async t => {
  const action = (name: string, inside: string) =>
    `<Autodiscover><Response><Account><Action>${name}</Action>${inside}</Account></Response></Autodiscover>`
  const { search } = await makeInternet(t, {
    zone: {
      'example.test': PUBLIC,
      'autodiscover.example.test': PUBLIC,
      '_autodiscover._tcp.example.test': { SRV: [{ priority: 0, weight: 0, port: 443, target: 'host.provider.test' }] },
      'host.provider.test': PUBLIC,
    },
    pages: {
      [`https://example.test${PATH}`]: action('redirectUrl', `<RedirectUrl>https://example.test${PATH}</RedirectUrl>`),
      [`https://autodiscover.example.test${PATH}`]: action(
        'redirectAddr',
        '<RedirectAddr>ada@provider.test</RedirectAddr>',
      ),
      [`https://host.provider.test${PATH}`]: answer(IMAP),
    },
  })
  const discovery = search('ada@example.test')
  t.match(await reportOf(discovery, 'autodiscover'), { outcome: 'failed', code: 'DISCOVER_REDIRECT_REFUSED' })
  t.match(await reportOf(discovery, 'autodiscover-host'), { outcome: 'nothing', says: /another e-mail address/ })
  t.match((await reportOf(discovery, 'autodiscover-srv')).offers, [{ doubt: /DNS alone names host\.provider\.test/ }])
})
