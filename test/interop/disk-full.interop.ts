import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { DailyFile, logFileName } from '../../src/log/daily-file.ts'
import { checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { ModelAccount, messageOf } from '../support/model-account.ts'
import { PosternHome } from '../support/postern.ts'
import { SmallDisk, smallDiskMissing } from '../support/small-disk.ts'
import { finish } from '../support/store.ts'

const USER = 'ada@example.test'
const skip = smallDiskMissing() ?? dovecotMissing() ?? false

t.test('a real disk that is full after so many pages: nothing is lost, and it is told', { skip }, async t => {
  using disk = new SmallDisk(16)
  let full = 0
  // From the first page of the write-ahead log to more than a run needs.
  for (let pages = 0; pages < 120; pages += pages < 40 ? 1 : 8) {
    disk.free()
    using account = new ModelAccount(disk.dir)
    account.deliver('INBOX', 'old1', 'old2')
    await account.sync()
    if (pages % 3 === 0) account.close()
    account.deliver('INBOX', ...Array.from({ length: 40 }, (_, index) => `new${index}`))
    disk.fill(pages)
    const failure = await account.sync().then(
      () => undefined,
      error => error,
    )
    if (failure) {
      full++
      t.match(failure, { code: 'STORE_DISK_FULL', message: new RegExp(`${disk.dir}.*free`) }, `${pages} pages`)
    }
    disk.free()
    if (pages % 2 === 0) account.close()
    await account.sync()
    t.equal(new Set(account.subjects('INBOX')).size, 42)
    t.equal(account.items('INBOX').length, 42)
    t.match(finish(checkStore(account.dir, { isFull: true })), { ok: true })
  }
  t.ok(full > 20, `it was full ${full} times`)
})

t.test('a disk that was made read-only is told in words', { skip }, async t => {
  using disk = new SmallDisk(16)
  using account = new ModelAccount(disk.dir)
  account.deliver('INBOX', 'one')
  await account.sync()
  account.close()
  disk.setReadOnly(true)
  await t.rejects(account.sync(), { code: 'STORE_WRITE_FAILED', advice: /read-only/ })
  disk.setReadOnly(false)
  account.deliver('INBOX', 'two')
  await account.sync()
  t.same(account.subjects('INBOX'), ['one', 'two'])
})

t.test('a log on a full disk drops lines, holds no files, and goes on', { skip }, async t => {
  using disk = new SmallDisk(1)
  disk.fill()
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  const file = new DailyFile({ dir: disk.dir, clock: Date.now })
  for (let line = 0; line < 200; line++) {
    file.write(`line ${line}\n`)
    file.flush()
  }
  t.ok(open() - before <= 1, 'one file at most')
  disk.free()
  file.write('the last line\n')
  file.flush()
  t.match(readFileSync(join(disk.dir, logFileName(Date.now())), 'utf8'), /the last line/)
})

t.test('a home on a full disk: every command says so, the daemon lives, nothing is lost', { skip }, async t => {
  using disk = new SmallDisk(24)
  await using dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages: 50, seed: 21, largeEvery: 0 })
  dovecot.own('ada')
  await using home = new PosternHome(join(disk.dir, 'home'))
  home.configure()
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  const smtp = 'smtp://127.0.0.1:9' // nobody: what is spooled stays
  const add = ['profile', 'add', 'work', '--email', USER, '--imap', imap, '--smtp', smtp, '--password-stdin']
  await home.json(add, DOVECOT_PASSWORD)
  await home.json(['profile', 'set', 'work', 'relay', 'spool'])
  const daemon = await home.start()
  await home.json(['sync'])
  const other = join(dovecot.maildir('ada'), '.Other')
  generateMaildir(other, { messages: 150, seed: 22, largeEvery: 0 })
  dovecot.own('ada')
  const letter = join(dovecot.dir, 'letter.eml')
  writeFileSync(letter, messageOf('letter', 50_000))
  disk.fill()

  await t.test('a run, and a change', async t => {
    const sync = await home.run(['sync', '--json'])
    t.match(sync, { code: 1 })
    t.match(sync.json(), { error: { code: 'STORE_DISK_FULL', message: /free/, remedy: 'user' } })
    const added = await home.run(['item', 'add', 'INBOX', letter, '--json'])
    t.match(added.json(), { error: { code: 'STORE_DISK_FULL' } })
  })

  await t.test('settings and secrets', async t => {
    const config = readFileSync(join(home.dir, 'config.yaml'), 'utf8')
    const secrets = readFileSync(join(home.dir, 'secrets.enc'))
    const set = await home.run(['config', 'set', 'log.level', 'debug', '--json'])
    t.match(set.json(), { error: { code: 'CONFIG_UNWRITABLE', message: /config\.yaml/ } })
    const password = await home.run(['profile', 'password', 'work', '--password-stdin', '--json'], 'another')
    t.match(password.json(), { error: { code: 'PROFILE_SECRETS_UNWRITABLE', message: /secrets\.enc/ } })
    t.equal(readFileSync(join(home.dir, 'config.yaml'), 'utf8'), config)
    t.ok(readFileSync(join(home.dir, 'secrets.enc')).equals(secrets))
    t.same(
      readdirSync(home.dir).filter(name => name.endsWith('.tmp')),
      [],
    )
  })

  await t.test('a message to be sent is refused for now, and nothing half of it stays', async t => {
    const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
    const port = fronts.find(({ name }) => name === 'smtp')?.port ?? 0
    t.match(await submit(port), /^(452|451) /m)
    const outbox = join(home.dir, 'outbox', '1')
    t.same(existsSync(outbox) ? readdirSync(outbox) : [], [])
  })

  t.match(await home.json(['status']), { running: true, pid: daemon.child.pid, profiles: [{ items: 50 }] })

  await t.test('without a daemon it is told as well, and a start ends with an error', async t => {
    const exited = once(daemon.child, 'exit')
    await home.json(['stop'])
    await exited
    disk.fill()
    // A reader shares some memory with the writer by a file: where that is there already, it reads.
    const check = (await home.run(['store', 'check', '--json'])).json() as { ok?: boolean; error?: { code: string } }
    t.ok(check.ok === true || check.error?.code === 'STORE_DISK_FULL', JSON.stringify(check).slice(0, 300))
    const start = await home.run(['start', '--json'])
    t.match(start, { code: 1 })
    t.match(start.json(), { error: { code: 'DAEMON_HOME_UNUSABLE', message: /ENOSPC/ } })
  })

  disk.free()
  t.match(await home.json(['sync']), { errors: { length: 0 } })
  t.match(await home.json(['store', 'check', '--full']), { ok: true, items: 200 })
  const out = join(dovecot.dir, 'exported')
  await home.json(['item', 'export', '--folder', 'Other', '--out', out])
  t.same(digests(out), digests(join(other, 'cur')), 'every message has the octets of the server')
})

/** Submits a message over plain SMTP and resolves to what was answered. */
async function submit(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answers = ''
  socket.setEncoding('utf8').on('data', chunk => {
    answers += chunk
  })
  await once(socket, 'connect')
  const sign = Buffer.from(`\0${USER}\0${DOVECOT_PASSWORD}`).toString('base64')
  const lines = ['EHLO x', `AUTH PLAIN ${sign}`, `MAIL FROM:<${USER}>`, 'RCPT TO:<bob@example.test>', 'DATA']
  for (const [index, line] of lines.entries()) {
    await told(() => answers.split('\r\n').filter(text => /^\d{3} /.test(text)).length > index)
    socket.write(`${line}\r\n`)
  }
  await told(() => /^(354|4\d\d|5\d\d) /m.test(answers))
  if (/^354 /m.test(answers)) socket.write(`Subject: x\r\n\r\n${'y'.repeat(70)}\r\n.\r\n`)
  await told(() => /^4\d\d |^250 2\.0/m.test(answers))
  socket.destroy()
  return answers
}

async function told(isThere: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isThere(); ) {
    if (Date.now() > deadline) throw new Error('no answer')
    await delay(20)
  }
}

// The server's files have LF where its octets on the wire have CRLF.
function digests(dir: string): string[] {
  return readdirSync(dir)
    .map(name => readFileSync(join(dir, name), 'latin1').replaceAll('\r\n', '\n'))
    .map(text => createHash('sha256').update(text, 'latin1').digest('hex'))
    .sort()
}
