import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import t from 'tap'
import { CYRUS_PASSWORD, cyrusMissing, startCyrus } from '../support/cyrus.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'

const letter = (subject: string) => `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\ntext of ${subject}\r\n`
const BELOW_INBOX = 'namespace inbox {\n  separator = .\n  prefix = INBOX.\n}\n'

/** A profile without an account, with mail in some folders. */
async function filled(): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  await home.json(['profile', 'add', 'work', '--email', 'ada@example.test', '--local'])
  for (const folder of ['Work/2026', 'Sent', 'Mine']) await home.json(['folder', 'create', folder])
  const add = async (folder: string, subject: string) => {
    const file = join(home.dir, `${subject}.eml`)
    writeFileSync(file, letter(subject))
    await home.json(['item', 'add', folder, file])
  }
  await add('INBOX', 'one')
  await add('Work/2026', 'two')
  await add('Sent', 'three')
  await add('Mine', 'four')
  return home
}

async function signedIn(port: number, user: string, pass: string): Promise<ImapFlow> {
  const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, auth: { user, pass }, logger: false })
  await client.connect()
  return client
}

/** What an account has: `FOLDER SUBJECT`, sorted. */
async function subjectsOf(client: ImapFlow): Promise<string[]> {
  const found: string[] = []
  for (const { path, flags } of await client.list()) {
    if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue
    await client.mailboxOpen(path, { readOnly: true })
    if (!client.mailbox || client.mailbox.exists === 0) continue
    for await (const { envelope } of client.fetch('1:*', { envelope: true })) found.push(`${path} ${envelope?.subject}`)
  }
  return found.sort()
}

async function subjectsHere(home: PosternHome): Promise<string[]> {
  const found: string[] = []
  for (const { path } of (await home.json(['folder', 'list'])) as readonly { path: string }[]) {
    const items = (await home.json(['item', 'list', path])) as readonly { subject: string }[]
    found.push(...items.map(({ subject }) => `${path} ${subject}`))
  }
  return found.sort()
}

t.test(
  'a server with everything below the Inbox, and points between names',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: ['ada@example.test'], settings: BELOW_INBOX })
    await using home = await filled()
    const client = await signedIn(dovecot.imapPort, 'ada@example.test', DOVECOT_PASSWORD)
    t.teardown(() => client.close())
    await client.append('INBOX', letter('one'))
    await client.mailboxCreate('INBOX.Work.2026')
    await client.append('INBOX.Work.2026', letter('two'))
    await client.append('INBOX.Work.2026', letter('theirs'))
    const imap = ['--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--keep', '--yes', '--password-stdin']
    const bound = await home.json(['profile', 'bind', 'work', ...imap], `${DOVECOT_PASSWORD}\n`)
    const counts = { known: 2, elsewhere: 0, upload: 2, download: 1, newFolders: ['INBOX.Mine'] }
    t.match(bound, { counts, sync: { errors: { length: 0 } } })
    await home.json(['sync'])
    const all = ['INBOX one', 'INBOX.Mine four', 'INBOX.Sent three', 'INBOX.Work.2026 theirs', 'INBOX.Work.2026 two']
    t.same(await subjectsOf(client), all)
    t.same(await subjectsHere(home), all)
  },
)

t.test('another server program', { skip: cyrusMissing() ?? false }, async t => {
  await using cyrus = await startCyrus({ users: ['ada'] })
  await using home = await filled()
  const client = await signedIn(cyrus.imapPort, 'ada', CYRUS_PASSWORD)
  t.teardown(() => client.close())
  await client.append('INBOX', letter('theirs'))
  await client.append('INBOX', letter('four')) // here it is elsewhere
  await client.append('Sent', letter('three'))
  const imap = ['--imap', `imap://127.0.0.1:${cyrus.imapPort}`, '--user', 'ada', '--keep', '--yes', '--password-stdin']
  const bound = await home.json(['profile', 'bind', 'work', ...imap], `${CYRUS_PASSWORD}\n`)
  const counts = { known: 2, elsewhere: 1, upload: 2, download: 1, newFolders: ['Mine', 'Work/2026'] }
  t.match(bound, { counts, sync: { errors: { length: 0 } } })
  await home.json(['sync'])
  const all = ['INBOX four', 'INBOX one', 'INBOX theirs', 'Sent three', 'Work/2026 two']
  t.same(await subjectsOf(client), all)
  t.same(await subjectsHere(home), all)
})
