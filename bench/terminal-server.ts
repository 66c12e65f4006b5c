// A terminal server: many profiles in one daemon, against as many mbsyncs started at once by as many users.
//   node_modules/.bin/node bench/terminal-server.ts [profiles] [messages of each]
// Prints how long the daemon takes to be ready, a first synchronization of all, and the memory of all processes together.
// Needs Debian's dovecot-imapd and isync, and root for the private Dovecot.
import { setTimeout as sleep } from 'node:timers/promises'
import { homeAt } from '../src/config/home.ts'
import { findDaemon } from '../src/daemon/control/control-client.ts'
import { LocalControl } from '../src/daemon/control/local-control.ts'
import { DOVECOT_PASSWORD, startDovecot } from '../test/support/dovecot.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'
import { PosternHome } from '../test/support/postern.ts'
import { Mbsync } from './support/mbsync.ts'
import { measureProcess, measureWork, printRatio, printTime, watchMemory } from './support/measure.ts'

const PROFILES = Number(process.argv[2] ?? 50)
const MESSAGES = Number(process.argv[3] ?? 200)
const WATCH_TIMEOUT_MS = 60_000
const POLL_MS = 500
const users = Array.from({ length: PROFILES }, (_, index) => `user${index + 1}@example.test`)
const signal = new AbortController().signal

await using dovecot = await startDovecot({ users })
let octets = 0
for (const [seed, user] of users.entries()) {
  const name = user.replace(/@.*/, '')
  octets += generateMaildir(dovecot.maildir(name), { messages: MESSAGES, seed, largeEvery: 0 })
  dovecot.own(name)
}
console.log(`${PROFILES} profiles with ${MESSAGES} messages each, ${(octets / 1e6).toFixed(0)} MB together`)

await using home = new PosternHome()
home.configure()
await addProfiles()
const start = performance.now()
const { child } = await home.start()
console.log(`  ready after ${((performance.now() - start) / 1000).toFixed(2)} s`)
await using control = await findDaemon(homeAt(home.dir))
if (!control) throw new Error('the daemon is not running')
const running = control
const pid = child.pid ?? 0
printMemory('just started', await memoryOf(pid))

const watched = watchMemory(pid)
const ours = await measureWork(() => Promise.all(users.map(syncOne)))
printTime(`postern: ${PROFILES} profiles, first synchronization`, { ...ours, megabytes: watched.end() })
const nothingNew = await measureWork(() => Promise.all(users.map(syncOne)))
printTime(`postern: ${PROFILES} profiles, nothing new`, nothingNew)
for (const { items } of await profiles()) if (items < MESSAGES) throw new Error(`a profile has ${items} messages`)
await setAll('useOutlookSettings', 'no') // from here on as it is for people: everything is watched
const watching = await untilWatched()
printMemory(`at rest, ${watching} profiles watched`, await memoryOf(pid))

const theirs = await mbsyncs()
printRatio(`${PROFILES} × mbsync, first synchronization`, ours, theirs.first)
printRatio(`${PROFILES} × mbsync, nothing new`, nothingNew, theirs.again)

// Runs are begun by the bench alone.
async function addProfiles(): Promise<void> {
  await using local = await LocalControl.open(homeAt(home.dir), '0')
  for (const [index, email] of users.entries()) {
    const name = `user${index + 1}`
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await local.call('profile.add', { name, email, imap, password: DOVECOT_PASSWORD }, { signal })
    await local.call('profile.set', { name, key: 'useOutlookSettings', value: 'yes' }, { signal })
  }
}

async function setAll(key: string, value: string): Promise<void> {
  for (const user of users) await running.call('profile.set', { name: user.replace(/@.*/, ''), key, value }, { signal })
}

interface ProfileStatus {
  readonly items: number
  readonly watching: { readonly kind: string } | null
}

async function profiles(): Promise<readonly ProfileStatus[]> {
  return ((await running.call('status', {}, { signal })) as { profiles: ProfileStatus[] }).profiles
}

async function untilWatched(): Promise<number> {
  const deadlineMs = performance.now() + WATCH_TIMEOUT_MS
  for (;;) {
    const count = (await profiles()).filter(({ watching }) => ['idle', 'notify'].includes(watching?.kind ?? '')).length
    if (count === PROFILES || performance.now() > deadlineMs) return count
    await sleep(POLL_MS)
  }
}

async function syncOne(email: string): Promise<void> {
  const params = { profile: email.replace(/@.*/, ''), folders: [], structureOnly: false }
  const result = (await running.call('sync', params, { signal })) as { errors: object[] }
  if (result.errors.length > 0) throw new Error(JSON.stringify(result.errors))
}

async function mbsyncs() {
  using stack = new DisposableStack()
  const files = users.map(user => {
    const options = { user, port: dovecot.imapPort, isDurable: true, sync: 'Pull', patterns: '*' }
    return stack.use(new Mbsync(options)).configFile
  })
  const script =
    'for file in "$@"; do mbsync -q -c "$file" -a & pids="$pids $!"; done; for pid in $pids; do wait $pid || exit 1; done'
  const run = () => measureProcess('sh', ['-c', script, 'sh', ...files])
  const first = await run()
  printTime(`${PROFILES} × mbsync at once, first synchronization`, first)
  const again = await run()
  printTime(`${PROFILES} × mbsync at once, nothing new`, again)
  return { first, again }
}

async function memoryOf(pid: number): Promise<number> {
  const memory = watchMemory(pid)
  await sleep(200)
  return memory.end()
}

function printMemory(when: string, megabytes: number): void {
  console.log(`  postern, ${when.padEnd(35)} ${''.padStart(9)}  ${megabytes.toFixed(0)} MB in all processes`)
}
