import type { Home } from '../../config/home.ts'
import { Installation } from '../installation.ts'
import { runMethod } from '../methods.ts'
import { InlineReaders } from '../reading/readers.ts'
import type { CallOptions, Control } from './control.ts'

/** The methods of the control API, in this process. */
export class LocalControl implements Control {
  readonly isDaemon = false
  readonly #installation: Installation

  private constructor(installation: Installation) {
    this.#installation = installation
  }

  /** @throws {PosternError} DAEMON_RUNNING when somebody else has the home */
  static async open(home: Home, version: string): Promise<LocalControl> {
    return new LocalControl(await Installation.open(home, version, new InlineReaders()))
  }

  async call(method: string, params: object, { onEvent = () => undefined, signal }: CallOptions): Promise<unknown> {
    const answer = runMethod(method, params, this.#context(onEvent, signal))
    if (answer.kind === 'octets') throw new Error(`${method} answers with octets`)
    return answer.value
  }

  async *octets(method: string, params: object, { signal }: CallOptions): AsyncGenerator<Uint8Array> {
    const answer = runMethod(
      method,
      params,
      this.#context(() => undefined, signal),
    )
    if (answer.kind === 'value') throw new Error(`${method} answers with a document`)
    yield* answer.octets
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#installation.pendingPasswords.settled() // nobody else would find out
    await this.#installation[Symbol.asyncDispose]()
  }

  #context(emit: (event: unknown) => void, signal: AbortSignal) {
    return { installation: this.#installation, daemon: undefined, emit, signal }
  }
}
