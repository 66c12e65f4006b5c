import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../free-port.ts'
import { Marionette } from './marionette.ts'

const PROGRAM = '/usr/lib/thunderbird/thunderbird-bin' // what Debian's script starts in the end
const IN_THUNDERBIRD = readFileSync(join(import.meta.dirname, 'in-thunderbird.js'), 'utf8')
const START_TIMEOUT_MS = 60_000
const END_TIMEOUT_MS = 10_000
const NOBODY_LISTENS = 9 // the port `discard`: where the program's own traffic goes instead of into the world

/** The account that it has, with plain text. */
export interface ThunderbirdAccount {
  readonly port: number
  readonly user: string
  readonly password: string
}

/** Why there is no Thunderbird here; undefined when there is one. */
export function thunderbirdMissing(): string | undefined {
  return existsSync(PROGRAM) ? undefined : `${PROGRAM} is not installed`
}

/** A Thunderbird without a screen and with a profile of its own. */
export class Thunderbird implements AsyncDisposable {
  readonly #dir: string
  readonly #child: ChildProcess
  readonly #marionette: Marionette

  private constructor(dir: string, child: ChildProcess, marionette: Marionette) {
    this.#dir = dir
    this.#child = child
    this.#marionette = marionette
  }

  static async start(account: ThunderbirdAccount): Promise<Thunderbird> {
    const dir = mkdtempSync(join(tmpdir(), 'postern-thunderbird-'))
    const [port = 0] = await freePorts(1)
    writeFileSync(join(dir, 'user.js'), preferences(account, port))
    const flags = ['--headless', '--no-remote', '--profile', dir, '--marionette', '--remote-allow-system-access']
    const environment = { ...process.env, HOME: dir, MOZ_CRASHREPORTER_DISABLE: '1' }
    const child = spawn(PROGRAM, flags, { env: environment, stdio: 'ignore' })
    try {
      await untilItListens(child, port)
      const thunderbird = new Thunderbird(dir, child, await Marionette.connect(port))
      await thunderbird.run('signIn', account.user, account.password)
      return thunderbird
    } catch (error) {
      await end(child, dir)
      throw error
    }
  }

  /** Runs one of the functions of `in-thunderbird.js`. */
  async run(name: string, ...given: readonly unknown[]): Promise<unknown> {
    return this.#marionette.run(`${IN_THUNDERBIRD}\nreturn ${name}(...given)`, given)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#marionette[Symbol.dispose]()
    await end(this.#child, this.#dir)
  }
}

async function untilItListens(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('Thunderbird did not start')
    await sleep(100)
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false // refused: not yet
  } finally {
    socket.destroy()
  }
}

async function end(child: ChildProcess, dir: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
}

function preferences({ port, user }: ThunderbirdAccount, marionettePort: number): string {
  const server = {
    type: 'imap',
    hostname: '127.0.0.1',
    port,
    userName: user,
    name: 'work',
    socketType: 0, // no TLS
    authMethod: 3, // the password as it is
    offline_download: true,
    check_new_mail: true,
    login_at_startup: false,
  }
  const world = {
    'marionette.port': marionettePort,
    'mail.accountmanager.accounts': 'account1',
    'mail.account.account1.server': 'server1',
    'mail.account.account1.identities': 'identity1',
    'mail.identity.identity1.useremail': user,
    'mail.identity.identity1.valid': true,
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': NOBODY_LISTENS,
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': NOBODY_LISTENS,
    'app.update.enabled': false,
    'datareporting.policy.dataSubmissionPolicyBypassNotification': true,
    'mail.rights.version': 1,
    'mailnews.start_page.enabled': false,
  }
  const all = { ...world, ...prefixed('mail.server.server1.', server) }
  return Object.entries(all)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('')
}

function prefixed(prefix: string, values: object): object {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))
}
