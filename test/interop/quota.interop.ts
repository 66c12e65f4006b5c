import t from 'tap'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'

const QUOTA = `mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = count:User quota
  quota_rule = *:storage=10M
  quota_vsizes = yes
}`

t.test(
  'a mail program sees at our front the quota that Dovecot tells',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [FRONT_USER], settings: QUOTA })
    const server = await imapflowOn(dovecot.imapPort)
    t.teardown(() => server.close())
    await server.append('INBOX', `Subject: large\r\n\r\n${'.'.repeat(70)}\r\n`.repeat(1000))
    await using home = await frontHome(dovecot.imapPort)
    await home.json(['sync', '--wait'])
    await home.start()
    const client = await imapflowOn(await frontPort(home))
    t.teardown(() => client.close())
    const storageOf = async (from: typeof client) => Object((await from.getQuota('INBOX')) || {}).storage
    const here = await storageOf(client)
    t.match(here, { limit: 10 * 1024 * 1024 })
    t.ok(here.usage > 80_000, 'what is stored')
    t.same(here, await storageOf(server))
  },
)
