import t from 'tap'
import { makeInternet, reportOf } from '../support/discover-world.ts'

const PUBLIC = { A: ['8.8.4.4'] }
const config = (host: string, more = '') => `<clientConfig><emailProvider id="x">
  <incomingServer type="imap"><hostname>${host}</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILLOCALPART%</username></incomingServer>
  <incomingServer type="imap"><hostname>${host}</hostname><port>143</port><socketType>STARTTLS</socketType></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.%EMAILDOMAIN%</hostname><port>587</port><socketType>plain</socketType></outgoingServer>
  <addressBook type="carddav"><username>%EMAILADDRESS%</username><serverURL>https://dav.example.test/%EMAILLOCALPART%/</serverURL></addressBook>
  <calendar type="caldav"><serverURL>http://dav.example.test/</serverURL></calendar>${more}
</emailProvider></clientConfig>`

t.test(
  'a file is read whole: its servers in their order, placeholders filled in, what is no server left out',
  async t => {
    const { search, seen } = await makeInternet(t, {
      zone: { 'example.test': PUBLIC, 'autoconfig.example.test': PUBLIC },
      pages: {
        'https://autoconfig.example.test/mail/config-v1.1.xml': config(
          'imap.provider.test',
          `<incomingServer type="imap"><hostname>not a host</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
         <incomingServer type="imap"><hostname>127.0.0.1</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
         <incomingServer type="imap"><hostname>a.test</hostname><port>99999</port><socketType>SSL</socketType></incomingServer>
         <incomingServer type="imap"><hostname>a.test</hostname><port>993</port><socketType>none of these</socketType></incomingServer>`,
        ),
      },
    })
    const { offers } = await reportOf(search('ada@example.test'), 'autoconfig')
    t.same(
      offers.map(({ url, users, doubt }) => [url, users[0], doubt]),
      [
        ['imaps://imap.provider.test', 'ada', undefined],
        ['imap+starttls://imap.provider.test', 'ada@example.test', undefined],
        ['smtp://smtp.example.test:587', 'ada@example.test', undefined],
        ['https://dav.example.test/ada/', 'ada@example.test', undefined],
      ],
      'the domain itself vouches for the provider; a calendar without TLS is left out',
    )
    t.ok(seen.includes('GET https://autoconfig.example.test/mail/config-v1.1.xml?emailaddress=ada%40example.test'))
  },
)

t.test('the domain of the mail exchanger is asked without the address, and is doubted', async t => {
  const { search, seen } = await makeInternet(t, {
    zone: {
      'example.test': {
        ...PUBLIC,
        MX: [
          { priority: 20, exchange: 'backup.test' },
          { priority: 10, exchange: 'mx1.mail.provider.test' },
        ],
      },
      'autoconfig.provider.test': PUBLIC,
    },
    pages: { 'https://autoconfig.provider.test/mail/config-v1.1.xml': config('imap.provider.test') },
  })
  const { offers, says } = await reportOf(search('ada@example.test'), 'autoconfig-mx')
  t.match(offers[0], { url: 'imaps://imap.provider.test', doubt: /DNS alone names mx1\.mail\.provider\.test/ })
  t.match(
    says,
    /mail goes to mx1\.mail\.provider\.test; mail\.provider\.test: There is no host.*; provider\.test: 4 servers/,
  )
  t.notOk(seen.some(each => each.includes('provider.test') && each.includes('ada')))
})

t.test('what looks like a public suffix is not asked', async t => {
  const { search, seen } = await makeInternet(t, {
    zone: { 'example.test': { ...PUBLIC, MX: [{ priority: 1, exchange: 'mx.co.uk' }] }, 'autoconfig.co.uk': PUBLIC },
    pages: { 'https://autoconfig.co.uk/mail/config-v1.1.xml': config('imap.co.uk') },
  })
  t.match(await reportOf(search('ada@example.test'), 'autoconfig-mx'), { outcome: 'nothing' })
  t.notOk(seen.some(each => each.includes('co.uk')))
})

t.test('the database of providers is asked only when it is allowed, by the domain alone', async t => {
  const { search, seen } = await makeInternet(t, {
    zone: { 'example.test': PUBLIC, 'autoconfig.thunderbird.net': PUBLIC },
    pages: { 'https://autoconfig.thunderbird.net/v1.1/example.test': config('imap.provider.test') },
  })
  await t.rejects(reportOf(search('ada@example.test'), 'ispdb'), /was not asked/)
  t.notOk(seen.some(each => each.includes('thunderbird')))
  const { offers } = await reportOf(search('ada@example.test', { useIspdb: true }), 'ispdb')
  t.equal(offers[0]?.url, 'imaps://imap.provider.test')
})
