import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { freePorts } from '../support/free-port.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const WAIT_MS = 45_000 // longer than the engine waits for a silent server

interface Status {
  readonly fronts: readonly { name: string; port: number; state: string }[]
  readonly profiles: readonly { lastError: { code: string; message: string; advice: string } | null }[]
}

/** Starts a daemon on an account that cannot be reached, and checks that the fronts answer and `status` names the cause. */
async function checkCause(t: Test, imap: string, password: string, code: string): Promise<void> {
  await using home = new PosternHome()
  home.configure()
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], password)
  await home.start()
  const { port } = ((await home.json(['status'])) as Status).fronts.find(({ name }) => name === 'pop3') ?? { port: 0 }
  t.match(await poll(port, password), /^\+OK 0 0$/m, 'the POP3 front says that there is nothing')
  const cause = await lastError(home)
  t.equal(cause?.code, code, cause?.message ?? 'no cause is told')
  t.ok(cause?.advice, 'and what to do')
}

async function lastError(home: PosternHome) {
  const deadline = Date.now() + WAIT_MS
  while (Date.now() < deadline) {
    const [profile] = ((await home.json(['status'])) as Status).profiles
    if (profile?.lastError) return profile.lastError
    await sleep(250)
  }
  return undefined
}

async function poll(port: number, password: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`USER ${USER}\r\nPASS ${password}\r\nSTAT\r\nQUIT\r\n`)
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += chunk
  return text
}

t.test('a refused connection is told', async t => {
  const [port = 0] = await freePorts(1)
  await checkCause(t, `imap://127.0.0.1:${port}`, DOVECOT_PASSWORD, 'NET_REFUSED')
})

t.test('a server that accepts and says nothing does not hold up the fronts', async t => {
  const silent = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  await using home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${portOf(silent)}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], 'secret')
  await home.start()
  const { fronts } = (await home.json(['status'])) as Status
  t.match(await poll(fronts[0]?.port ?? 0, 'secret'), /^\+OK 0 0$/m)
  t.match(await home.json(['status']), { profiles: [{ state: 'syncing' }] }, 'it is waited for, and that is told')
  t.equal((await lastError(home))?.code, 'UPSTREAM_SILENT', 'in the end the cause is told')
})

t.test('with a real server', { skip: dovecotMissing() ?? false }, async t => {
  const dir = t.testdir()
  const certificate = await makeServerCertificate(join(dir, 'tls'), { ips: ['127.0.0.1'], expired: true })
  await using dovecot = await startDovecot({ users: [USER], certificate })
  await t.test('a wrong password is told', t =>
    checkCause(t, `imap://127.0.0.1:${dovecot.imapPort}`, 'wrong', 'UPSTREAM_SIGN_IN_REFUSED'),
  )
  await t.test('an expired certificate of an unknown issuer is told', t =>
    checkCause(t, `imaps://127.0.0.1:${dovecot.imapsPort}`, DOVECOT_PASSWORD, 'TLS_UNTRUSTED'),
  )
  await t.test('an approved certificate is taken, by its key, with its dates', async t => {
    await using home = new PosternHome()
    home.configure()
    const imap = `imaps://127.0.0.1:${dovecot.imapsPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    await home.json(['cert', 'approve', `127.0.0.1:${dovecot.imapsPort}`, '--starttls', 'none', '--yes'])
    t.match(await home.json(['sync']), { errors: { length: 0 } })
    t.match(await home.json(['profile', 'test', 'work']), { ok: true })
  })
  await t.test('STARTTLS works with an approved key', async t => {
    await using home = new PosternHome()
    home.configure()
    const imap = `imap+starttls://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    await home.json(['cert', 'approve', `127.0.0.1:${dovecot.imapPort}`, '--starttls', 'imap', '--yes'])
    t.match(await home.json(['sync']), { errors: { length: 0 } })
  })
})

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
