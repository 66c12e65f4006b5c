import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isProgram } from '../../src/config/user-folders.ts'
import { ServiceNotifier } from '../../src/daemon/service/service-notifier.ts'
import { PosternHome } from '../support/postern.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { until } from '../support/until.ts'

const missing = ['systemd-notify', 'python3'].find(name => !isProgram(name))

// Prints each datagram as a line. File descriptors that come with one are closed, which is all that BARRIER=1 asks for.
const SERVICE_MANAGER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
listener.bind('\\0' + name[1:] if name[0] == '@' else name)
print('bound', flush=True)
while True: print(listener.recv(4096).decode().replace('\\n', ' '), flush=True)
`

interface Manager {
  readonly child: ChildProcess
  readonly told: readonly string[]
}

async function listenOn(t: Test, socket: string): Promise<Manager> {
  const child = spawn('python3', ['-c', SERVICE_MANAGER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const told: string[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    told.push(...lines)
  })
  await until('the service manager listens', async () => told.includes('bound') || undefined)
  return { child, told }
}

const dir = mkdtempSync(join(tmpdir(), 'postern-notify-'))
t.teardown(() => rmSync(dir, { recursive: true }))
mkdirSync(join(dir, 'with blanks'))

const skip = missing ? `NOT TRIED: ${missing} is not installed` : false

t.test('a socket whose path has blanks is told ready, alive and stopping by the daemon', { skip }, async t => {
  const socket = join(dir, 'with blanks', 'notify')
  const { told } = await listenOn(t, socket)
  await using home = new PosternHome()
  home.configure()
  const daemon = home.spawn(['start'], { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' })
  await until('it lives', async () => told.filter(line => line === 'WATCHDOG=1').length >= 2 || undefined)
  t.ok(told.includes('READY=1 STATUS=pop3 listening, smtp listening, imap listening'))
  const exited = once(daemon, 'exit')
  daemon.kill('SIGTERM')
  t.same(await exited, [0, null])
  await until('it says that it stops', async () => told.includes('STOPPING=1 STATUS=ending') || undefined)
  t.equal(told.filter(line => line.startsWith('READY=1')).length, 1, 'no child process speaks in its name')
})

t.test('a socket of the abstract namespace is told the same', { skip }, async t => {
  const socket = `@postern-test-${process.pid}`
  const { told } = await listenOn(t, socket)
  using notifier = new ServiceNotifier({ notifySocket: socket, watchdogMs: undefined }, silentLogger())
  await notifier.ready('pop3 listening')
  await notifier.stopping()
  await until('both have come', async () => told.includes('STOPPING=1 STATUS=ending') || undefined)
  t.ok(told.includes('READY=1 STATUS=pop3 listening'))
})
