import type { SmtpClientConnection } from './connection.ts'

const MAX_IDLE_MS = 60_000
const MAX_IDLE_CONNECTIONS = 50 // as many as clients were busy at once; more are closed
const SWEEP_MS = 10_000

interface Idle {
  readonly connection: SmtpClientConnection
  readonly sinceMs: number
}

/** Keeps connections between messages, so that the next one needs no handshake. */
export class SmtpPool implements Disposable {
  readonly #connect: () => Promise<SmtpClientConnection>
  #idle: Idle[] = []
  #timer: NodeJS.Timeout | undefined
  #isDisposed = false

  constructor(connect: () => Promise<SmtpClientConnection>) {
    this.#connect = connect
  }

  /** Takes a connection that is alive as far as anybody knows, or makes one. */
  async take(): Promise<{ readonly connection: SmtpClientConnection; readonly isReused: boolean }> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.connection.isReusable) return { connection: idle.connection, isReused: true }
      idle.connection.destroy()
    }
    return { connection: await this.#connect(), isReused: false }
  }

  /** Makes a new connection, whatever is idle. */
  async takeNew(): Promise<SmtpClientConnection> {
    return this.#connect()
  }

  /** Gives a connection back. What it has begun is taken back first. */
  put(connection: SmtpClientConnection): void {
    if (this.#isDisposed || !connection.isReusable || this.#idle.length >= MAX_IDLE_CONNECTIONS) {
      connection.quit()
    } else if (connection.isInTransaction) {
      connection.command('RSET').then(
        ({ code }) => (code === 250 ? this.put(connection) : connection.quit()),
        () => connection.destroy(), // lost while nothing depended on it
      )
    } else {
      this.#idle.push({ connection, sinceMs: performance.now() })
      this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref()
    }
  }

  /** Lets go of what is idle without a word: the network has changed, and nobody is there to hear one. */
  drop(): void {
    for (const { connection } of this.#idle.splice(0)) connection.destroy()
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    clearInterval(this.#timer)
    for (const { connection } of this.#idle.splice(0)) connection.quit()
  }

  #sweep(): void {
    const oldest = performance.now() - MAX_IDLE_MS
    for (const { connection } of this.#idle.filter(({ sinceMs }) => sinceMs < oldest)) connection.quit()
    this.#idle = this.#idle.filter(({ sinceMs }) => sinceMs >= oldest)
  }
}
