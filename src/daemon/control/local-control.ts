import { setTimeout as delay } from 'node:timers/promises'
import type { Home } from '../../config/home.ts'
import { PosternError } from '../../errors.ts'
import type { DaemonErrorCode } from '../errors.ts'
import { Installation } from '../installation.ts'
import { runMethod } from '../methods.ts'
import { InlineReaders } from '../reading/readers.ts'
import type { CallOptions, Control } from './control.ts'
import { findDaemon } from './control-client.ts'

const BUSY_MS = 5000 // another command is done soon, and a daemon that starts answers soon
const BUSY_POLL_MS = 50

/**
 * Opens the way to a home: its daemon's control API, or the same methods in this process.
 *
 * @throws {PosternError} DAEMON_RUNNING when somebody else has the home and does not answer
 */
export async function openControl(home: Home, version: string): Promise<Control> {
  const deadlineMs = performance.now() + BUSY_MS
  for (;;) {
    const daemon = await findDaemon(home)
    if (daemon) return daemon
    try {
      return new LocalControl(await Installation.open(home, version, new InlineReaders()))
    } catch (error) {
      const isBusy = error instanceof PosternError && error.code === ('DAEMON_RUNNING' satisfies DaemonErrorCode)
      if (!isBusy || performance.now() > deadlineMs) throw error
    }
    await delay(BUSY_POLL_MS)
  }
}

class LocalControl implements Control {
  readonly isDaemon = false
  readonly #installation: Installation

  constructor(installation: Installation) {
    this.#installation = installation
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
    await this.#installation[Symbol.asyncDispose]()
  }

  #context(emit: (event: unknown) => void, signal: AbortSignal) {
    return { installation: this.#installation, daemon: undefined, emit, signal }
  }
}
