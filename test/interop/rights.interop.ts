import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { scriptedOptions } from '../support/imap-script.ts'

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
