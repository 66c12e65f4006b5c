import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { scriptedOptions } from '../support/imap-script.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const ACL = `mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile
}`

t.test('Dovecot tells the rights to each folder', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER], settings: ACL })
  const folder = join(dovecot.maildir('ada'), '.Announcements')
  mkdirSync(join(folder, 'cur'), { recursive: true })
  writeFileSync(join(folder, 'dovecot-acl'), 'owner lrs\n')
  dovecot.own('ada')
  const account = {
    peer: { host: '127.0.0.1', port: dovecot.imapPort },
    security: 'none',
    credentials: async () => ({ user: USER, password: DOVECOT_PASSWORD }),
  } as const
  await using mail = await connectImap(account, scriptedOptions(), new AbortController().signal)
  const rights = Object.fromEntries((await mail.listFolders()).map(({ path, rights }) => [path, rights]))
  t.match(rights, { INBOX: /^a?.*e.*i.*k.*l.*p.*r.*s.*t.*w.*x/, Announcements: 'lrs', Sent: /i.*l.*r/ })
})

t.test(
  'what is put into a folder of Dovecot that may not be read is there once',
  {
    skip: dovecotMissing() ?? false,
  },
  async t => {
    await using dovecot = await startDovecot({ users: [USER], settings: ACL })
    const folder = join(dovecot.maildir('ada'), '.Dropbox')
    mkdirSync(join(folder, 'cur'), { recursive: true })
    writeFileSync(join(folder, 'dovecot-acl'), 'owner li\n')
    dovecot.own('ada')
    await using home = new PosternHome()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    const sync = async () => t.match(await home.json(['sync']), { errors: { length: 0 } })
    await sync()
    const [one, two] = ['one', 'two'].map(name => {
      const file = join(home.dir, `${name}.eml`)
      writeFileSync(file, `Message-ID: <${name}@x>\r\nSubject: ${name}\r\n\r\n.\r\n`)
      return file
    })
    await home.json(['item', 'add', 'Dropbox', one ?? ''])
    const { id } = (await home.json(['item', 'add', 'INBOX', two ?? ''])) as { id: string }
    await sync()
    await home.json(['item', 'move', id, 'Dropbox'])
    for (let run = 0; run < 3; run++) await sync()
    const files = (path: string) =>
      ['cur', 'new'].flatMap(part => readdirSync(join(dovecot.maildir('ada'), path, part)))
    t.same([files('.Dropbox').length, files('').length], [2, 0])
    const shown = (await home.json(['item', 'list', 'Dropbox'])) as { subject: string }[]
    t.same(shown.map(({ subject }) => subject).toSorted(), ['one', 'two'])
    t.match(await home.json(['item', 'explain', id]), { matches: [{ waitsFor: { length: 0 } }] })
  },
)
