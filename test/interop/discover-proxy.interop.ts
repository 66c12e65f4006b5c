import process from 'node:process'
import t from 'tap'
import type { SettingsDocument } from '../../src/daemon/discovery/settings-document.ts'
import { dovecotMissing } from '../support/dovecot.ts'
import { proxyMissing, startRealProxy } from '../support/real-proxies.ts'
import { RunningHome } from '../support/running-home.ts'
import { addressesByName, PASSWORD, PEOPLE, ScriptedDomains } from '../support/scripted-domains.ts'

const skip = dovecotMissing() ?? proxyMissing('tinyproxy') ?? proxyMissing('microsocks') ?? false

t.test('servers are found through a proxy that alone knows their names', { skip }, async t => {
  await using world = await ScriptedDomains.start()
  process.env.NODE_EXTRA_CA_CERTS = world.caFile
  await using postern = await RunningHome.start()
  const search = (email: string) => postern.call<SettingsDocument>('discover', { email, password: PASSWORD })

  t.match(await search(PEOPLE.autoconfig), { taken: null }, 'without it nobody is found')
  for (const program of ['tinyproxy', 'microsocks'] as const) {
    await using proxy = await startRealProxy(program, { hosts: addressesByName() })
    const scheme = program === 'tinyproxy' ? 'http' : 'socks5'
    await postern.call('config.set', { key: 'network.proxy', value: `${scheme}://127.0.0.1:${proxy.port}` })

    await t.test(`${program}: by autoconfig, and the sign-in goes the same way`, async t => {
      const { taken, sources } = await search(PEOPLE.autoconfig)
      t.match(taken, { imap: 'imaps://box.only-autoconfig.test', source: 'autoconfig' })
      t.match(sources.find(({ source }) => source === 'srv')?.says, /a proxy is set/)
    })

    await t.test(`${program}: by guesses, with STARTTLS`, async t => {
      t.match((await search(PEOPLE.guess)).taken, { imap: 'imap+starttls://imap.only-guesses.test' })
    })

    await t.test(`${program}: what DNS alone knows is not found, and why is told`, async t => {
      const { error } = await search(PEOPLE.foreign)
      t.match(error, { code: 'DISCOVER_NOTHING_FOUND', message: /through the proxy\. DNS was not asked/ })
    })
  }

  await t.test('a DNS server that somebody names is asked', async t => {
    await using proxy = await startRealProxy('microsocks', { hosts: addressesByName() })
    await postern.call('config.set', { key: 'network.proxy', value: `socks5://127.0.0.1:${proxy.port}` })
    await postern.call('config.set', { key: 'discover.dns', value: world.dns.address })
    t.match((await search(PEOPLE.srv)).taken, { imap: 'imaps://box.only-srv.test', source: 'srv' })
  })
})
