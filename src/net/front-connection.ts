import type { Duplex } from 'node:stream'

/** A client's connection to a front, in plain text or already inside TLS. */
export interface FrontConnection {
  readonly stream: Duplex
  readonly isSecure: boolean
  /** Whether {@link startTls} can work: there is a certificate and the connection is not secure yet. */
  readonly canStartTls: boolean
  /** Whether the front is stopping: say goodbye at the next command boundary. */
  readonly isDraining: boolean
  /** Called when the front begins to stop. A field, not an event: thousands of idle connections have one each. */
  onDrain: (() => void) | undefined
  /**
   * Makes a TLS server of the stream. The caller has sent its go-ahead and must have thrown away what it read before.
   *
   * @throws {Error} when the handshake fails; the connection is destroyed then and must not be spoken to.
   */
  startTls(): Promise<Duplex>
  /** Sets how long the connection may be silent, in both directions, before it is destroyed. */
  setIdleTimeout(idleTimeoutMs: number): void
}
