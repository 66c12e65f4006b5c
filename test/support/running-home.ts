import { homeAt } from '../../src/config/home.ts'
import type { Control } from '../../src/daemon/control/control.ts'
import { findDaemon } from '../../src/daemon/control/control-client.ts'
import { PosternHome } from './postern.ts'

/** A home whose daemon runs, asked over its control socket: quicker than a command for each question. */
export class RunningHome implements AsyncDisposable {
  readonly home: PosternHome
  readonly #control: Control

  private constructor(home: PosternHome, control: Control) {
    this.home = home
    this.#control = control
  }

  /** Starts a daemon with fronts on free ports. */
  static async start(yaml?: string): Promise<RunningHome> {
    const home = new PosternHome()
    home.configure(yaml)
    await home.start()
    const control = await findDaemon(homeAt(home.dir))
    if (!control) throw new Error('the daemon does not answer')
    return new RunningHome(home, control)
  }

  /** Calls a method of the control API. */
  call<Document = unknown>(method: string, params: object = {}): Promise<Document> {
    return this.#control.call(method, params, { signal: new AbortController().signal }) as Promise<Document>
  }

  /** Runs one synchronization. */
  sync(): Promise<unknown> {
    return this.call('sync', { folders: [], structureOnly: false })
  }

  /** The port of a front. */
  async portOf(front: string): Promise<number> {
    const { fronts } = await this.call<{ fronts: { name: string; port: number }[] }>('status')
    return fronts.find(({ name }) => name === front)?.port ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control[Symbol.asyncDispose]()
    await this.home[Symbol.asyncDispose]()
  }
}
