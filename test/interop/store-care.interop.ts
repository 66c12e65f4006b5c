import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'
import { spoil } from '../support/store.ts'

const USER = 'ada@example.test'
const MESSAGES = 120

interface Item {
  readonly id: string
  readonly uid: number
  readonly messageId: string | null
}

class Desk implements AsyncDisposable {
  readonly dovecot: Dovecot
  readonly home: PosternHome
  readonly other: ImapFlow

  private constructor(dovecot: Dovecot, home: PosternHome, other: ImapFlow) {
    this.dovecot = dovecot
    this.home = home
    this.other = other
  }

  static async open(): Promise<Desk> {
    const dovecot = await startDovecot({ users: [USER] })
    generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 11, largeEvery: 0 })
    dovecot.own('ada')
    const home = new PosternHome()
    home.configure()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    const auth = { user: USER, pass: DOVECOT_PASSWORD }
    const address = { host: '127.0.0.1', port: dovecot.imapPort, secure: false, doSTARTTLS: false }
    const other = new ImapFlow({ ...address, auth, logger: false })
    await other.connect()
    await home.json(['sync'])
    return new Desk(dovecot, home, other)
  }

  get packs(): string {
    return join(this.home.dir, 'profiles', 'work', 'packs')
  }

  /** Message-IDs of a folder of the server, sorted. */
  async server(folder: string): Promise<string[]> {
    await this.other.mailboxOpen(folder, { readOnly: true })
    if (this.other.mailbox && this.other.mailbox.exists === 0) return []
    const messages = await this.other.fetchAll('1:*', { uid: true, envelope: true })
    return messages.map(({ envelope }) => envelope?.messageId ?? '').sort()
  }

  async items(folder: string): Promise<Item[]> {
    return (await this.home.json(['item', 'list', folder])) as Item[]
  }

  async add(subject: string): Promise<string> {
    const file = join(this.home.dir, `${subject}.eml`)
    writeFileSync(file, `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\nhello\r\n`)
    return ((await this.home.json(['item', 'add', 'INBOX', file])) as { id: string }).id
  }

  /** Writes every message of a folder to a file and reads them back, by file name. */
  async exported(folder: string): Promise<Map<string, string>> {
    const out = join(this.home.dir, 'exported')
    await this.home.json(['item', 'export', '--folder', folder, '--out', out])
    const files = new Map(readdirSync(out).map(name => [name, readFileSync(join(out, name), 'latin1')]))
    rmSync(out, { recursive: true })
    return files
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.other.logout()
    await this.home[Symbol.asyncDispose]()
    await this.dovecot[Symbol.asyncDispose]()
  }
}

for (const isDaemon of [false, true]) {
  const place = isDaemon ? 'in the daemon' : 'without a daemon'
  t.test(`the store is checked, repaired and compacted ${place}`, { skip: dovecotMissing() ?? false }, async t => {
    await using desk = await Desk.open()
    const { home, other } = desk
    if (isDaemon) await home.start()
    const octets = await desk.exported('INBOX')
    t.equal(octets.size, MESSAGES)
    t.match(await home.json(['store', 'check', '--full']), { ok: true, items: MESSAGES, problems: { length: 0 } })

    await t.test('a damaged message is found, and fetched again', async t => {
      spoil(join(desk.packs, '000001.pack'), 3000)
      const check = await home.run(['store', 'check', '--full', '--json'])
      t.equal(check.code, 1)
      t.match(check.json(), { ok: false, problems: [{ kind: 'body', advice: /store repair/ }] })
      t.match(await home.json(['store', 'repair', '--full']), {
        refetched: 1,
        lost: { length: 0 },
        kept: { length: 0 },
      })
      await home.json(['sync'])
      t.match(await home.json(['store', 'check', '--full']), { ok: true })
      t.same(await desk.exported('INBOX'), octets)
    })

    await t.test('a pack that lost its end is told, and repaired', async t => {
      if (isDaemon) await home.json(['stop'])
      truncateSync(join(desk.packs, '000001.pack'), 100_000)
      const sync = await home.run(['sync', '--json'])
      t.match(sync.json(), { error: { code: 'STORE_PACK_DAMAGED', advice: /store repair/ } })
      t.match(await home.json(['store', 'repair']), { lost: { length: 0 } })
      if (isDaemon) await home.start()
      await home.json(['sync'])
      t.match(await home.json(['store', 'check', '--full']), { ok: true })
      t.same(await desk.exported('INBOX'), octets)
    })

    await t.test('exports go on while packs are rewritten', async t => {
      // What is damaged and comes again leaves most of the first pack dead.
      if (isDaemon) await home.json(['stop'])
      for (let at = 1000; at < 80_000; at += 1000) spoil(join(desk.packs, '000001.pack'), at)
      await home.json(['store', 'repair', '--full'])
      if (isDaemon) await home.start()
      await home.json(['sync'])
      await other.mailboxOpen('INBOX')
      await other.messageDelete('1:40', { uid: true })
      await home.json(['sync'])
      t.match(await home.json(['store', 'compact', '--dry-run']), { isDryRun: true, plan: { packs: [{ pack: 1 }] } })
      const [compacted, , ...exports] = await Promise.all([
        home.json(['store', 'compact']),
        isDaemon ? home.json(['sync']) : undefined,
        ...(isDaemon ? [desk.exported('INBOX')] : []),
      ])
      t.match(compacted, { retired: 1, damaged: 0 })
      t.notOk(existsSync(join(desk.packs, '000001.pack')), 'its file is gone')
      for (const exported of exports) t.equal(exported.size, MESSAGES - 40)
      const left = [...octets].filter(([name]) => Number.parseInt(name, 10) > 40)
      t.same([...(await desk.exported('INBOX'))].toSorted(), left.toSorted())
      t.match(await home.json(['store', 'check', '--full']), { ok: true })
    })
  })
}

t.test('a backup is restored after both sides went on', { skip: dovecotMissing() ?? false }, async t => {
  await using desk = await Desk.open()
  const { home, other } = desk
  await home.start()
  const backup = join(home.dir, 'backup')
  await desk.add('waiting') // the daemon uploads it soon: before or after the backup, it must be there once
  await home.json(['store', 'backup', backup])
  await desk.add('later')
  await home.json(['sync'])
  await other.mailboxOpen('INBOX')
  await other.messageDelete('1:5', { uid: true })
  await other.messageMove('6:9', 'Sent', { uid: true })
  await other.messageFlagsAdd('10', ['\\Flagged'], { uid: true })
  await other.append('INBOX', 'Message-ID: <new@x>\r\nSubject: new\r\n\r\nx', [])
  const [moved] = (await desk.items('INBOX')).slice(-20)
  await home.json(['item', 'move', moved?.id ?? '', 'Sent'])
  await home.json(['sync'])
  const expected = { inbox: await desk.server('INBOX'), sent: await desk.server('Sent') }

  await t.test('without a yes nothing happens', async t => {
    const run = await home.run(['store', 'restore', backup, '--json'])
    t.match(run, { code: 1 })
    t.match(run.json(), { error: { code: 'CLI_NOT_CONFIRMED' } })
  })

  await t.test('a damaged backup is refused', async t => {
    spoil(join(backup, 'packs', '000001.pack'), 500)
    const run = await home.run(['store', 'restore', backup, '--yes', '--json'])
    t.match(run.json(), { error: { code: 'STORE_BACKUP_INVALID' } })
    spoil(join(backup, 'packs', '000001.pack'), 500)
  })

  const { before } = (await home.json(['store', 'restore', backup, '--yes'])) as { before: string }
  t.ok(existsSync(join(before, 'store.sqlite')))
  for (let run = 0; run < 4; run++) t.match(await home.json(['sync']), { errors: { length: 0 } })
  t.same(await desk.server('INBOX'), expected.inbox, 'nothing was sent twice or taken away')
  t.same(await desk.server('Sent'), expected.sent)
  await agree(t, desk, 'INBOX')
  await agree(t, desk, 'Sent')
  t.match(await home.json(['store', 'check', '--full']), { ok: true, queued: { download: 0, import: 0, upload: 0 } })
  await home.json(['profile', 'remove', 'work', '--yes'])
  t.same(readdirSync(join(home.dir, 'profiles')), [], 'what was put aside goes with the profile')
})

async function agree(t: Test, desk: Desk, folder: string): Promise<void> {
  const here = (await desk.items(folder)).map(({ messageId }) => messageId ?? '').sort()
  t.same(here, await desk.server(folder), `${folder} is the same on both sides`)
}
