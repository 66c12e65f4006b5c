import { homeAt } from '../../src/config/home.ts'
import type { Control } from '../../src/daemon/control/control.ts'
import { findDaemon } from '../../src/daemon/control/control-client.ts'
import { DOVECOT_PASSWORD } from '../../test/support/dovecot.ts'
import { LAUNCHER, PosternHome } from '../../test/support/postern.ts'
import { type Measured, measureProcess, measureWork } from './measure.ts'

/** Where and how the server is reached. */
export interface PosternOptions {
  readonly user: string
  readonly port: number
  readonly isTls?: boolean
  readonly settings?: Readonly<Record<string, string>>
}

/** A Postern with one profile. */
export class PosternPeer implements AsyncDisposable {
  readonly home = new PosternHome()
  #control: Control | undefined
  #pid = 0

  /** Makes the home and the profile. */
  static async make({ user, port, isTls = false, settings = {} }: PosternOptions): Promise<PosternPeer> {
    const peer = new PosternPeer()
    const url = `${isTls ? 'imaps' : 'imap'}://127.0.0.1:${port}`
    peer.home.configure()
    if (isTls) await peer.home.json(['cert', 'approve', `127.0.0.1:${port}`, '--yes'])
    const profile = ['profile', 'add', 'work', '--email', user, '--imap', url, '--password-stdin']
    await peer.home.json(profile, DOVECOT_PASSWORD)
    // Runs are begun by the bench alone.
    const quiet = { watch: 'false', syncAfterChange: 'false', useOutlookSettings: 'true' }
    for (const [key, value] of Object.entries({ ...quiet, ...settings })) {
      await peer.home.json(['profile', 'set', 'work', key, value])
    }
    return peer
  }

  /** Starts the daemon, for `sync` and `call`. */
  async start(): Promise<void> {
    const { child } = await this.home.start()
    this.#pid = child.pid ?? 0
    this.#control = await findDaemon(homeAt(this.home.dir))
  }

  /** The daemon's process. */
  get pid(): number {
    return this.#pid
  }

  /** One run inside the daemon, from the question to the answer. */
  sync(): Promise<Measured> {
    return measureWork(() => this.call('sync', { folders: [], structureOnly: false }))
  }

  /** One run as a command of its own, with all its processes. */
  syncOnce(): Promise<Measured> {
    return measureProcess(process.execPath, [LAUNCHER, 'sync', '--json'], { POSTERN_HOME: this.home.dir })
  }

  /** Calls the daemon as the command line does. */
  async call(method: string, params: object, onEvent: (event: unknown) => void = () => undefined): Promise<unknown> {
    if (!this.#control) throw new Error('the daemon is not running')
    return await this.#control.call(method, params, { signal: new AbortController().signal, onEvent })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.home[Symbol.asyncDispose]()
  }
}
