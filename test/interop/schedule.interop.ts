import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'
import { startStallingProxy } from '../support/stalling-proxy.ts'
import { until } from '../support/until.ts'

const USER = 'ada@example.test'
const LETTER = 'Message-ID: <letter@x>\r\nSubject: a letter\r\n\r\nDear all\r\n'
const skip = dovecotMissing() ?? false

interface Status {
  readonly fronts: readonly { name: string; port: number }[]
  readonly profiles: readonly {
    state: string
    items: number
    lastSync: string | null
    nextRun: string | null
    paused: { until: string | null } | null
    metered: boolean
  }[]
}

async function makeHome(
  dovecot: Pick<Dovecot, 'imapPort'>,
  settings: Readonly<Record<string, string>>,
): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
  for (const [key, value] of Object.entries(settings)) await home.json(['profile', 'set', 'work', key, value])
  return home
}

async function startMailbox(messages: number): Promise<Dovecot> {
  const dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages, seed: 3, largeEvery: 0 })
  dovecot.own('ada')
  return dovecot
}

async function connectOther(t: Test, port: number): Promise<ImapFlow> {
  const auth = { user: USER, pass: DOVECOT_PASSWORD }
  const other = new ImapFlow({ host: '127.0.0.1', port, secure: false, auth, logger: false })
  await other.connect()
  t.teardown(() => other.logout())
  return other
}

const status = async (home: PosternHome) => (await home.json(['status'])) as Status
const profileOf = async (home: PosternHome) => (await status(home)).profiles[0]

async function poll(home: PosternHome): Promise<string> {
  const port = (await status(home)).fronts.find(({ name }) => name === 'pop3')?.port ?? 0
  const socket = connect(port, '127.0.0.1')
  socket.end(`USER ${USER}\r\nPASS ${DOVECOT_PASSWORD}\r\nSTAT\r\nQUIT\r\n`)
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += chunk
  return text
}

t.test('with Outlook’s settings a real POP3 poll drives the profile, and nothing else does', { skip }, async t => {
  await using dovecot = await startMailbox(5)
  await using home = await makeHome(dovecot, { useOutlookSettings: 'yes', watch: 'no' })
  await home.start()
  t.match(await profileOf(home), { state: 'new', nextRun: null }, 'nothing by itself')
  t.match(await poll(home), /^\+OK 0 0$/m)
  await until('the run that the poll drove', async () => (await profileOf(home))?.lastSync ?? undefined)
  t.match(await profileOf(home), { state: 'ok', items: 5, nextRun: null })
})

t.test('a local change is on the server at once, or with the next run', { skip }, async t => {
  await using dovecot = await startMailbox(1)
  await using home = await makeHome(dovecot, {
    prioritySyncMinutes: '60',
    standardSyncMinutes: '60',
    structureSyncMinutes: '60',
    watch: 'no',
  })
  const file = join(home.dir, 'letter.eml')
  writeFileSync(file, LETTER)
  const other = await connectOther(t, dovecot.imapPort)
  const count = async () => (await other.status('INBOX', { messages: true })) || { messages: 0 }
  await home.start()
  await until('the first run', async () => (await profileOf(home))?.lastSync ?? undefined)
  await home.json(['item', 'add', 'INBOX', file])
  await until('the upload', async () => ((await count()).messages === 2 ? true : undefined))
  await home.json(['profile', 'set', 'work', 'syncAfterChange', 'no'])
  await home.json(['item', 'add', 'INBOX', file])
  const { nextRun } = (await profileOf(home)) ?? {}
  t.ok(Date.parse(nextRun ?? '') - Date.now() > 50 * 60_000, `the next run is as far away as the interval: ${nextRun}`)
  t.equal((await count()).messages, 2)
  t.match(await home.json(['sync']), { uploaded: 1 })
  t.equal((await count()).messages, 3)
})

t.test('a paused profile works offline until it is resumed', { skip }, async t => {
  await using dovecot = await startMailbox(400)
  await using proxy = await startStallingProxy(dovecot.imapPort)
  await using home = await makeHome({ imapPort: proxy.port }, {})
  proxy.stallAfter(200_000) // in the middle of the bodies
  const daemon = await home.start()
  await until('the run is under way', async () => ((await profileOf(home))?.state === 'syncing' ? true : undefined))
  t.match(await home.json(['pause', 'work', '--for', '2h']), [{ name: 'work', paused: true, until: /Z$/ }])
  const stopped = await until('the run is broken off', async () => {
    const profile = await profileOf(home)
    return profile?.state === 'paused' ? profile : undefined
  })
  t.match(stopped, { paused: { until: /Z$/ }, nextRun: null })
  t.ok(stopped.items < 400, `${stopped.items} of 400 messages were here`)
  const refused = await home.run(['sync'])
  t.match(refused, { code: 1, stderr: /work is paused until .*works offline[\s\S]*postern resume work/ })
  await home.killTree(daemon.child)
  proxy.stallAfter(Number.POSITIVE_INFINITY)
  await home.start()
  t.match(await profileOf(home), { state: 'paused', paused: { until: /Z$/ } }, 'a restart does not end it')
  t.match(await home.json(['resume', 'work']), [{ name: 'work', paused: false }])
  await until('a run that nobody asked for', async () => ((await profileOf(home))?.items === 400 ? true : undefined))
  t.match(await profileOf(home), { paused: null })
})

t.test('a pause that has an end is over after it', { skip }, async t => {
  await using dovecot = await startMailbox(3)
  await using home = await makeHome(dovecot, { paused: 'yes' })
  await home.json(['profile', 'set', 'work', 'pausedUntil', new Date(Date.now() + 12_000).toISOString()])
  await home.start()
  t.match(await profileOf(home), { state: 'paused' })
  await until('the end of the pause', async () => (await profileOf(home))?.lastSync ?? undefined)
  t.match(await home.json(['profile', 'show', 'work']), { paused: false })
  t.match(await home.run(['pause', '--for', 'soon']), { code: 2, stderr: /no duration/ })
})

t.test('status tells of a metered profile', { skip }, async t => {
  await using home = new PosternHome()
  home.configure()
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', 'imap://127.0.0.1', '--password-stdin'], 'x')
  t.match(await home.json(['profile', 'set', 'work', 'metered', 'true']), { metered: true })
  t.match(await profileOf(home), { metered: true })
  t.match((await home.run(['status'])).stdout, /work: metered/)
})
