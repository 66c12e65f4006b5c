import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { homeAt } from '../../src/config/home.ts'
import { findDaemon } from '../../src/daemon/control/control-client.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const COUNT = 120 // more than two batches
const QUOTA = `
mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=300K
  quota_max_mail_size = 100K
}
`

interface Synced {
  readonly uploaded: number
  readonly errors: readonly { readonly code: string; readonly message: string }[]
}

t.test(
  'many uploads to a real Dovecot, one it refuses, and more than it has room for',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [USER], settings: QUOTA })
    await using home = new PosternHome()
    home.configure()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    for (const key of ['syncAfterChange', 'watch']) await home.json(['profile', 'set', 'work', key, 'false'])
    await home.json(['profile', 'set', 'work', 'useOutlookSettings', 'true']) // no runs but ours
    await home.start()
    const control = await findDaemon(homeAt(home.dir))
    const call = (method: string, params: object) =>
      control?.call(method, params, { signal: new AbortController().signal })
    const sync = async () => (await call('sync', { folders: [], structureOnly: false })) as Synced
    const add = async (name: string, octets: number) => {
      const file = join(home.dir, `${name}.eml`)
      writeFileSync(
        file,
        `Message-ID: <${name}@x>\r\nSubject: ${name}\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(octets / 72)}`,
      )
      await call('item.add', { folder: 'INBOX', file, flags: ['\\Seen'] })
    }
    const maildir = join(dovecot.maildir('ada'), 'cur')
    const onServer = () =>
      readdirSync(maildir).map(name => /Subject: (\S+)/.exec(readFileSync(join(maildir, name), 'utf8'))?.[1] ?? '')

    await sync()
    for (let index = 0; index < COUNT; index++) await add(`small-${index}`, index === 60 ? 120_000 : 720)
    const first = await sync()
    t.equal(first.uploaded, COUNT - 1, 'all but the one that is too large')
    t.equal(first.errors.length, 1)
    t.same(
      onServer().sort(),
      [...Array(COUNT).keys()]
        .filter(index => index !== 60)
        .map(index => `small-${index}`)
        .sort(),
    )
    t.match(await sync(), { uploaded: 0, errors: { length: 0 } }, 'nothing twice')

    for (let index = 0; index < 4; index++) await add(`large-${index}`, 72_000)
    const full = await sync()
    t.match(full.errors, [{ code: 'SYNC_OVER_QUOTA' }], 'told once')
    t.ok(full.uploaded > 0 && full.uploaded < 4, `${full.uploaded} of 4 had room`)
    t.match(await sync(), { uploaded: 0, errors: { length: 0 } })
    const names = onServer()
    t.equal(new Set(names).size, names.length, 'nothing is doubled')
    t.equal(names.length, COUNT - 1 + full.uploaded)
  },
)
