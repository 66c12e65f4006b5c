import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { frontPort, imapflowOn } from '../support/front-account.ts'
import { PosternHome } from '../support/postern.ts'
import { sampled } from '../support/sample.ts'
import { lookUntil } from '../support/watched-home.ts'

const skip = dovecotMissing() ?? false
const USER = 'ada@example.test'
const letter = (subject: string, text = 'text') =>
  `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\n${text} of ${subject}\r\n`
const nameless = (subject: string) => `Subject: ${subject}\r\n\r\nit has no name: ${subject}\r\n`

/** Everything that an account has: `FOLDER text`, sorted. */
async function contentsOf(client: ImapFlow): Promise<string[]> {
  const found: string[] = []
  for (const { path, flags } of await client.list()) {
    if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue
    await client.mailboxOpen(path, { readOnly: true })
    if (!client.mailbox || client.mailbox.exists === 0) continue
    for await (const { source } of client.fetch('1:*', { source: true })) found.push(`${path} ${source}`)
  }
  return found.sort()
}

class World implements AsyncDisposable {
  readonly a: Dovecot
  readonly b: Dovecot
  readonly home: PosternHome
  readonly onA: ImapFlow
  readonly onB: ImapFlow

  private constructor(servers: readonly [Dovecot, Dovecot], home: PosternHome, clients: readonly [ImapFlow, ImapFlow]) {
    ;[this.a, this.b] = servers
    this.home = home
    ;[this.onA, this.onB] = clients
  }

  /** Two accounts, which have half of their messages in common, and a profile with all of the first one. */
  static async open(): Promise<World> {
    const [a, b] = [await startDovecot({ users: [USER] }), await startDovecot({ users: [USER] })]
    const [onA, onB] = [await imapflowOn(a.imapPort), await imapflowOn(b.imapPort)]
    const home = new PosternHome()
    home.configure('fronts:\n  pop3: { port: 0 }\n  smtp: { port: 0 }\n  imap: { port: 0 }\nsecrets: { store: file }\n')
    const world = new World([a, b], home, [onA, onB])
    await onA.mailboxCreate('Projects/2026')
    for (const subject of ['one', 'two', 'three', 'four']) await onA.append('INBOX', letter(subject))
    for (const subject of ['n1', 'n2']) await onA.append('INBOX', nameless(subject))
    await onA.append('INBOX', letter('same', 'AAAA'))
    for (const subject of ['p1', 'p2']) await onA.append('Projects/2026', letter(subject))
    for (const subject of ['three', 'two']) await onB.append('INBOX', letter(subject), ['\\Answered'], new Date(0))
    await onB.append('INBOX', nameless('n2'), ['\\Seen'], new Date(0))
    await onB.append('INBOX', letter('same', 'BBBB'))
    await onB.append('INBOX', letter('theirs'))
    await world.json(['profile', 'add', 'work', '--email', USER, '--imap', world.url(a), '--password-stdin'])
    await world.json(['sync'])
    return world
  }

  url({ imapPort }: Dovecot): string {
    return `imap://127.0.0.1:${imapPort}`
  }

  json(args: readonly string[]): Promise<unknown> {
    return this.home.json(args, `${DOVECOT_PASSWORD}\n`)
  }

  bind(to: Dovecot, ...more: readonly string[]): Promise<unknown> {
    return this.json(['profile', 'bind', 'work', '--imap', this.url(to), '--password-stdin', ...more])
  }

  /** Everything that is here, as a mail program would find it. */
  async here(): Promise<string[]> {
    const found: string[] = []
    for (const { path } of (await this.home.json(['folder', 'list'])) as readonly { path: string }[]) {
      for (const { id } of (await this.home.json(['item', 'list', path])) as readonly { id: string }[]) {
        found.push(`${path} ${(await this.home.runHere(['item', 'export', id])).stdout}`)
      }
    }
    return found.sort()
  }

  async idOf(subject: string): Promise<string> {
    const items = (await this.home.json(['item', 'list', 'INBOX'])) as readonly { id: string; subject: string }[]
    return items.find(item => item.subject === subject)?.id ?? ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.onA.close()
    this.onB.close()
    await this.home[Symbol.asyncDispose]()
    await this.a[Symbol.asyncDispose]()
    await this.b[Symbol.asyncDispose]()
  }
}

async function firstOf({ home }: World, profile: string): Promise<string> {
  const items = (await home.json(['item', 'list', 'INBOX', '--profile', profile])) as readonly { id: string }[]
  return items[0]?.id ?? ''
}

async function open(t: Test): Promise<World> {
  const world = await World.open()
  t.teardown(() => world[Symbol.asyncDispose]())
  return world
}

t.test(
  'unbound, the mail is read and changed here; bound to another account, both have all of it once',
  { skip },
  async t => {
    const world = await open(t)
    const { home, a, b, onA, onB } = world
    const daemon = await home.start()
    const before = await contentsOf(onA)
    t.same(await world.here(), before)
    t.match(await home.runHere(['profile', 'unbind', 'work']), { code: 1, stderr: /Nobody could be asked/ })
    t.match(await home.json(['profile', 'unbind', 'work', '--yes']), {
      name: 'work',
      uploads: 0,
      changes: 0,
      missing: 0,
    })
    t.match(await home.json(['status']), {
      profiles: [{ state: 'unbound', lastError: null, watching: null, nextRun: null }],
    })
    t.match(await home.json(['profile', 'show', 'work']), { passwordStored: false, email: USER })
    const connections = () => execFileSync('doveadm', ['-c', join(a.dir, 'dovecot.conf'), 'who'], { encoding: 'utf8' })
    onA.close()
    await lookUntil(
      async () => connections(),
      text => !text.includes('ada'),
    )
    t.notMatch(connections(), /ada/, 'no connection is left')

    // What curl reads is what the server gave.
    const { localPassword } = (await home.json(['profile', 'outlook', 'work'])) as { localPassword: string }
    const url = `imap://127.0.0.1:${await frontPort(home)}/INBOX;MAILINDEX=1`
    const read = execFileSync('curl', ['-s', '-u', `${USER}:${localPassword}`, url], { encoding: 'utf8' })
    t.equal(read, letter('one'))

    const added = join(home.dir, 'mine.eml')
    writeFileSync(added, letter('mine'))
    await home.json(['item', 'add', 'INBOX', added])
    await home.json(['item', 'flag', await world.idOf('two'), '+\\Seen'])
    await home.json(['item', 'delete', await world.idOf('one'), '--permanent'])

    const counts = {
      ...{ local: 9, account: 5, known: 3, elsewhere: 0, upload: 6, download: 2, staysHere: 0, deleted: 0 },
      newFolders: ['Projects/2026'],
    }
    const untouched = await contentsOf(onB)
    const dry = await world.bind(b, '--dry-run')
    t.match(dry, { dryRun: true, counts })
    t.same(await contentsOf(onB), untouched, 'nothing was changed there')
    t.match(await home.json(['status']), { profiles: [{ state: 'unbound' }] })
    const unsaid = await home.runHere(['profile', 'bind', 'work', '--imap', world.url(b), '--json'], DOVECOT_PASSWORD)
    t.match(unsaid.json(), { error: { code: 'CLI_USAGE', message: /9 messages are here/ } })

    const here = await world.here()
    const union = [...new Set([...here, ...untouched])].sort()
    t.match(await world.bind(b, '--keep', '--yes'), {
      dryRun: false,
      initial: 'keep',
      copy: null,
      sync: { errors: [] },
    })
    await home.json(['sync'])
    t.same(await contentsOf(onB), union, 'there')
    t.same(await world.here(), union, 'here')
    t.match(await home.json(['item', 'show', await world.idOf('two')]), { flags: ['\\Seen', '\\Answered'] })
    await onB.mailboxOpen('INBOX')
    const flags = await onB.fetchAll({ header: { 'message-id': '<two@x>' } }, { flags: true })
    t.same([...(flags[0]?.flags ?? [])].sort(), ['\\Answered', '\\Seen'])

    // And back again: the first account gets what it lacks.
    await home.json(['profile', 'unbind', 'work', '--yes'])
    t.match(await world.bind(a, '--keep', '--yes'), { counts: { known: 8, upload: 3, download: 1 } })
    await home.json(['sync'])
    const again = await imapflowOn(a.imapPort)
    t.teardown(() => again.close())
    const both = [...new Set([...union, ...before])].sort()
    t.same(await contentsOf(again), both)
    t.same(await world.here(), both)

    // The same account once more: nothing is to be done.
    await home.json(['profile', 'unbind', 'work', '--yes'])
    t.match(await world.bind(a, '--keep', '--yes'), {
      counts: { local: both.length, known: both.length, upload: 0, download: 0, newFolders: [] },
      sync: { uploaded: 0, downloaded: 0 },
    })
    t.same(await contentsOf(again), both)
    await home.killTree(daemon.child)
  },
)

t.test('begun empty, the local mail of before can be brought back', { skip }, async t => {
  const world = await open(t)
  const { home, b, onB } = world
  const before = await world.here()
  const there = await contentsOf(onB)
  await home.json(['profile', 'unbind', 'work', '--yes'])
  const unsure = await home.runHere(
    ['profile', 'bind', 'work', '--imap', world.url(b), '--delete', '--yes', '--json'],
    DOVECOT_PASSWORD,
  )
  t.match(unsure.json(), { error: { code: 'CLI_NOT_CONFIRMED', message: /--confirm work/ } })
  t.same(await world.here(), before, 'nothing is gone')
  const bound = await world.bind(b, 'new@example.test', '--user', USER, '--delete', '--yes', '--confirm', 'work')
  t.match(bound, { initial: 'delete', copy: { dir: /work~before-bind-/, until: /^20/ }, sync: { uploaded: 0 } })
  t.same(await world.here(), there)
  t.same(await contentsOf(onB), there, 'the account is as it was')
  const { copies } = (await home.json(['profile', 'show', 'work'])) as { copies: readonly { dir: string }[] }
  t.equal(copies.length, 1)

  // Alone: unbound first, and nothing is told to anybody.
  await home.json(['profile', 'unbind', 'work', '--yes'])
  await home.json(['store', 'restore', copies[0]?.dir ?? '', '--yes'])
  t.same(await world.here(), before)
  // Beside the account's: it is joined with that.
  t.match(await world.bind(b, 'new@example.test', '--user', USER, '--keep', '--yes'), {
    counts: { known: 3, upload: 6, download: 2 },
  })
  await home.json(['sync'])
  const union = [...new Set([...before, ...there])].sort()
  t.same(await contentsOf(onB), union)
  t.same(await world.here(), union)
  await home.json(['profile', 'remove', 'work', '--yes'])
  t.notOk(existsSync(copies[0]?.dir ?? ''), 'the copy goes with the profile')
})

t.test('a backup of before is joined with the account of now', { skip }, async t => {
  const world = await open(t)
  const { home, b, onB } = world
  const [before, there] = [await world.here(), await contentsOf(onB)]
  const backup = join(home.dir, 'backup')
  await home.json(['store', 'backup', backup])
  await home.json(['profile', 'unbind', 'work', '--yes'])
  await world.bind(b, '--delete', '--yes', '--confirm', 'work')
  t.same(await world.here(), there)
  await home.json(['store', 'restore', backup, '--yes'])
  for (let run = 0; run < 3; run++) t.match(await home.json(['sync']), { errors: [] })
  const union = [...new Set([...before, ...there])].sort()
  t.same(await contentsOf(onB), union)
  t.same(await world.here(), union)
})

t.test('killed at any time while it is joined, both have all of it once in the end', { skip }, async t => {
  const world = await open(t)
  const { home, b, onB } = world
  for (let count = 0; count < 60; count++) await world.onA.append('INBOX', letter(`bulk${count}`))
  for (let count = 0; count < 30; count++) await onB.append('INBOX', letter(`bulk${count * 2}`), [], new Date(0))
  await home.json(['sync'])
  await home.json(['profile', 'unbind', 'work', '--yes'])
  const union = [...new Set([...(await world.here()), ...(await contentsOf(onB))])].sort()
  await world.bind(b, '--keep', '--yes', '--no-sync')
  let kills = 0
  for (const waitMs of sampled([0, 40, 80, 120, 160, 200, 240, 280, 320, 360], 5)) {
    const daemon = await home.start()
    await new Promise(resolve => setTimeout(resolve, waitMs)) // where it is by then is left to chance
    if (home.killEngine(daemon.child)) kills++
    await home.killTree(daemon.child)
  }
  t.ok(kills > 0, `${kills} engines were killed`)
  for (let run = 0; run < 3; run++) t.match(await home.json(['sync']), { errors: [] })
  t.same(await contentsOf(onB), union, 'there')
  t.same(await world.here(), union, 'here')
})

t.test('a profile without an account is filled, and then bound', { skip }, async t => {
  const world = await open(t)
  const { home, b, onB } = world
  t.match(await home.json(['profile', 'add', 'mine', '--email', 'eve@example.test', '--local']), { name: 'mine' })
  const file = join(home.dir, 'two.eml')
  writeFileSync(file, letter('two'))
  await home.json(['item', 'add', 'INBOX', file, '--profile', 'mine'])
  const args = ['profile', 'bind', 'mine', USER, '--imap', world.url(b), '--keep', '--yes', '--password-stdin']
  const there = await contentsOf(onB)
  t.match(await world.json(args), { counts: { local: 1, known: 1, upload: 0, download: 4 }, email: USER })
  t.same(await contentsOf(onB), there, 'it was there already')

  await home.json(['pause', 'mine'])
  await home.json(['item', 'copy', await firstOf(world, 'mine'), 'Sent'])
  const unsure = await home.runHere(['profile', 'unbind', 'mine'])
  t.match(unsure, { code: 1, stderr: /The server is not told of: 1 message to be uploaded\./ })
  t.match(await home.json(['profile', 'unbind', 'mine', '--yes']), { uploads: 1 })
  t.match((await home.runHere(['profile', 'show', 'mine'])).stdout, /^mine, bound to no account/)
  t.match(await home.json(['item', 'list', 'INBOX', '--profile', 'mine']), { length: 5 })
})
