import t from 'tap'
import { startCountingProxy } from '../support/counting-proxy.ts'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'
import {
  addWatchedProfile,
  lookUntil,
  NO_NOTIFY,
  otherClient,
  statusOf,
  WATCHED_USER,
} from '../support/watched-home.ts'

const PROMPT_MS = 5000 // "about a second" is measured by bench/watch-latency.ts; a busy machine gets more here

interface Item {
  readonly id: string
  readonly subject: string
  readonly flags: readonly string[]
}

for (const [way, settings] of [
  ['notify', ''],
  ['idle', NO_NOTIFY],
] as const) {
  t.test(`mail on the server is here at once, by ${way}`, { skip: dovecotMissing() ?? false }, async t => {
    await using dovecot = await startDovecot({ users: [WATCHED_USER], settings })
    await using home = new PosternHome()
    await addWatchedProfile(home, dovecot.imapPort)
    const { child } = await home.start()
    await using proxyless = await disposable(otherClient(dovecot.imapPort))
    const other = proxyless.client
    const watched = await lookUntil(
      () => statusOf(home),
      ({ watching }) => watching?.kind === way,
    )
    t.match(watched.watching, { folders: way === 'notify' ? 3 : 1, error: null }, 'Drafts are not watched')
    const { stdout } = await home.run(['status'])
    t.match(stdout, way === 'notify' ? /^work .* NOTIFY, 3 folders /m : /^work .* IDLE, 1 folder /m)
    const items = async (folder: string) => (await home.json(['item', 'list', folder])) as Item[]
    const prompt = async (folder: string, fits: (items: Item[]) => boolean) =>
      lookUntil(() => items(folder), fits, PROMPT_MS)

    await other.append('INBOX', 'Subject: one\r\n\r\nx', [])
    t.match(await prompt('INBOX', items => items.length === 1), [{ subject: 'one' }])
    await other.mailboxOpen('INBOX')
    await other.messageFlagsAdd('1', ['\\Flagged'])
    await prompt('INBOX', ([item]) => item?.flags.includes('\\Flagged') === true)
    if (way === 'notify') {
      await other.append('Sent', 'Subject: sent\r\n\r\nx', [])
      t.match(await prompt('Sent', items => items.length === 1), [{ subject: 'sent' }], 'no priority folder')
      await other.mailboxCreate('New')
      await other.append('New', 'Subject: in a new folder\r\n\r\nx', [])
      await lookUntil(
        () => home.run(['item', 'list', 'New', '--json']),
        ({ code, stdout }) => code === 0 && stdout !== '[]\n',
        PROMPT_MS,
      )
    }

    t.ok(home.killEngine(child), 'the engine is killed')
    await lookUntil(
      () => statusOf(home),
      ({ watching }) => watching?.kind === way,
    )
    await other.append('INBOX', 'Subject: after a crash\r\n\r\nx', [])
    await prompt('INBOX', items => items.length === 2)

    await home.json(['profile', 'set', 'work', 'watch', 'false'])
    await lookUntil(
      () => statusOf(home),
      ({ watching }) => watching === null,
    )
    await home.json(['profile', 'set', 'work', 'watch', 'true'])
    await lookUntil(
      () => statusOf(home),
      ({ watching }) => watching?.kind === way,
    )
    await home.json(['pause', 'work'])
    t.match(await statusOf(home), { watching: null })
    await other.append('INBOX', 'Subject: while it rests\r\n\r\nx', [])
    await home.json(['resume', 'work'])
    await lookUntil(
      () => statusOf(home),
      ({ watching }) => watching?.kind === way,
    )
    await prompt('INBOX', items => items.length === 3)
  })
}

t.test('a server that allows few connections is watched by fewer', { skip: dovecotMissing() ?? false }, async t => {
  const settings = `${NO_NOTIFY}\nprotocol imap {\n  mail_max_userip_connections = 3\n}`
  await using dovecot = await startDovecot({ users: [WATCHED_USER], settings })
  await using home = new PosternHome()
  await addWatchedProfile(home, dovecot.imapPort)
  await home.json(['profile', 'set', 'work', 'priorityFolders', '*'])
  await using other = await disposable(otherClient(dovecot.imapPort))
  await home.start()
  const { watching } = await lookUntil(
    () => statusOf(home),
    ({ watching }) => watching?.kind === 'idle',
  )
  t.equal(watching?.folders, 1, 'one connection is the other client’s, one is kept for the next run')
  await other.client.append('INBOX', 'Subject: one\r\n\r\nx', [])
  await lookUntil(
    async () => ((await home.json(['item', 'list', 'INBOX'])) as Item[]).length,
    count => count === 1,
    10_000,
  )
  t.match(await statusOf(home), { state: 'ok', lastError: null, watching: { folders: 1 } })
})

t.test(
  'a watching connection that is cut is made anew, and what came meanwhile comes',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [WATCHED_USER] })
    await using proxy = await startCountingProxy(dovecot.imapPort)
    await using home = new PosternHome()
    await addWatchedProfile(home, proxy.port)
    await home.start()
    await using other = await disposable(otherClient(dovecot.imapPort))
    await lookUntil(
      () => statusOf(home),
      ({ watching }) => watching?.kind === 'notify',
    )
    proxy.cut()
    await other.client.append('INBOX', 'Subject: meanwhile\r\n\r\nx', [])
    await lookUntil(
      async () => ((await home.json(['item', 'list', 'INBOX'])) as Item[]).length,
      count => count === 1,
      10_000,
    )
    t.match(await statusOf(home), { watching: { kind: 'notify' } })
  },
)

async function disposable(client: ReturnType<typeof otherClient>) {
  const connected = await client
  return { client: connected, [Symbol.asyncDispose]: () => connected.logout() }
}
