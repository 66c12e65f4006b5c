// POP3 sessions a second (connect, USER, PASS, STAT, QUIT) of our daemon against Dovecot's pop3d in its high-performance
// login mode with an empty mailbox, in one run; and the memory of 5,000 idle signed-in sessions.
//   ulimit -n 20000; node_modules/.bin/node bench/pop3.ts [seconds]
// Needs Debian's dovecot-pop3d, and root for the private Dovecot.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeServerCertificate } from '../test/support/certificates.ts'
import { freePorts } from '../test/support/free-port.ts'
import { PosternHome } from '../test/support/postern.ts'

const SECONDS = Number(process.argv[2] ?? 4)
const CONCURRENCIES = [1, 10, 50]
const USER = 'ada@example.test'
const PASSWORD = 'secret'
const IDLE_SESSIONS = 5000

const dir = mkdtempSync(join(tmpdir(), 'postern-bench-pop3-'))
chmodSync(dir, 0o755)
const [plainPort = 0, tlsPort = 0, nowhere = 0] = await freePorts(3)
const certificate = await makeServerCertificate(join(dir, 'tls'), { ips: ['127.0.0.1'] })
const dovecot = startDovecot()
try {
  await listening(plainPort)
  await using home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${nowhere}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], PASSWORD)
  const daemon = await home.start()
  await home.json(['config', 'set', 'fronts.pop3.greeting', 'immediate'])
  await memory(home, daemon.child) // first: later the daemon holds the garbage of many sessions
  console.log(`${SECONDS} s each, sessions a second`)
  await compare(home, 'immediate', 'plain', plainPort, 2)
  await compare(home, 'detect', 'tls', tlsPort, 1.5)
} finally {
  dovecot.kill('SIGTERM')
  await once(dovecot, 'exit')
  rmSync(dir, { recursive: true, force: true })
}

async function compare(
  home: PosternHome,
  greeting: string,
  kind: 'plain' | 'tls',
  theirs: number,
  aim: number,
): Promise<void> {
  await home.json(['config', 'set', 'fronts.pop3.greeting', greeting])
  for (const concurrency of CONCURRENCIES) {
    const options = { concurrency, seconds: SECONDS, isTls: kind === 'tls', user: USER, password: PASSWORD }
    const ours = await load({ ...options, port: await pop3Port(home) })
    const peer = await load({ ...options, port: theirs })
    const ratio = (ours / peer).toFixed(2)
    console.log(
      `${kind.padEnd(5)} concurrency ${String(concurrency).padStart(2)}: postern ${ours.toFixed(0)}, dovecot ${peer.toFixed(0)}, ratio ${ratio} (aim: at least ${aim})`,
    )
  }
}

async function memory(home: PosternHome, launcher: ChildProcess): Promise<void> {
  const pid = launcher.pid ?? 0
  const port = await pop3Port(home) // starts a reader worker, which is not to be counted as sessions
  await sleep(1000)
  const idle = rss(pid)
  const sockets: Socket[] = []
  while (sockets.length < IDLE_SESSIONS) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => signIn(port)))))
  }
  await sleep(1000)
  console.log(
    `${IDLE_SESSIONS} idle sessions: ${(rss(pid) - idle).toFixed(0)} MB above ${idle.toFixed(0)} MB (aim: at most 60)`,
  )
  for (const socket of sockets) socket.destroy()
}

async function signIn(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`USER ${USER}\r\nPASS ${PASSWORD}\r\n`)
  let text = ''
  for (;;) {
    const [chunk] = await once(socket, 'data')
    text += chunk.toString()
    if (text.includes('maildrop has')) return socket
  }
}

function rss(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 1e6
}

async function pop3Port(home: PosternHome): Promise<number> {
  const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
  return fronts.find(({ name }) => name === 'pop3')?.port ?? 0
}

/** Runs load generators in processes of their own (one each 25 sessions) and resolves to sessions a second. */
async function load(options: { readonly concurrency: number } & Readonly<Record<string, unknown>>): Promise<number> {
  const parts = options.concurrency > 25 ? 2 : 1
  const results = Array.from({ length: parts }, async () => {
    const part = { ...options, concurrency: options.concurrency / parts }
    const child = fork(new URL('./support/pop3-load.ts', import.meta.url), [JSON.stringify(part)])
    const [message] = await once(child, 'message')
    child.disconnect()
    return Number(message)
  })
  return (await Promise.all(results)).reduce((sum, each) => sum + each, 0)
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1')
    const isUp = await once(socket, 'data').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
    await sleep(50)
  }
  throw new Error(`Dovecot does not listen, see ${dir}/log`)
}

function startDovecot(): ChildProcess {
  mkdirSync(join(dir, 'mail'))
  chmodSync(join(dir, 'mail'), 0o777)
  writeFileSync(join(dir, 'users'), `${USER}:{PLAIN}${PASSWORD}::::::\n`)
  writeFileSync(
    join(dir, 'dovecot.conf'),
    `base_dir = ${dir}/run\nstate_dir = ${dir}/state\nlog_path = ${dir}/dovecot.log\nprotocols = pop3\nlisten = 127.0.0.1\n` +
      `disable_plaintext_auth = no\nfirst_valid_uid = 1\nmail_location = maildir:${dir}/mail/%n\nauth_mechanisms = plain\nauth_failure_delay = 0\n` +
      `ssl = yes\nssl_cert = <${certificate.certFile}\nssl_key = <${certificate.keyFile}\nauth_cache_size = 1M\n` +
      `passdb {\n driver = passwd-file\n args = scheme=PLAIN ${dir}/users\n}\nuserdb {\n driver = static\n args = uid=nobody gid=nogroup home=${dir}/mail/%n\n}\n` +
      // doc.dovecot.org, login processes: the high-performance mode, and mail processes that are used again.
      `service pop3-login {\n service_count = 0\n process_min_avail = 2\n client_limit = 5000\n` +
      ` inet_listener pop3 {\n port = ${plainPort}\n }\n inet_listener pop3s {\n port = ${tlsPort}\n ssl = yes\n }\n}\n` +
      'service pop3 {\n service_count = 0\n client_limit = 200\n process_min_avail = 4\n process_limit = 200\n}\n' +
      'service anvil {\n client_limit = 10000\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}\nservice auth {\n client_limit = 10000\n}\n' +
      'protocol pop3 {\n mail_max_userip_connections = 0\n}\n',
  )
  const log = openSync(join(dir, 'log'), 'a')
  return spawn('/usr/sbin/dovecot', ['-F', '-c', join(dir, 'dovecot.conf')], { stdio: ['ignore', log, log] })
}
