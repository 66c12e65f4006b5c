import type { Duplex } from 'node:stream'
import type { Wire } from './wire.ts'

const BATCH_OCTETS = 131_072 // a write for each response would cost more than all the rest
const MAX_QUEUED_OCTETS = 262_144

/** Writes what a session says, and waits for a client that does not read it. */
export class WireOutput {
  readonly #stream: Duplex
  #wires: Wire[] = []
  #text = ''
  #octets = 0
  #timer: NodeJS.Immediate | undefined

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  /** Whether nothing more should be written before {@link drained}: what is sent next is made while the client reads. */
  get isFull(): boolean {
    return this.#stream.writableLength >= MAX_QUEUED_OCTETS
  }

  /** Writes; what comes close together leaves together. */
  write(wire: Wire): void {
    if (typeof wire === 'string') this.#text += wire
    else {
      this.#endText()
      this.#wires.push(wire)
    }
    this.#octets += wire.length
    if (this.#octets >= BATCH_OCTETS) this.flush()
    else this.#timer ??= setImmediate(() => this.flush())
  }

  /** Hands everything over to the stream. */
  flush(): void {
    clearImmediate(this.#timer)
    this.#timer = undefined
    this.#endText()
    const wires = this.#wires
    this.#wires = []
    this.#octets = 0
    if (wires.length === 0 || !this.#stream.writable) return
    this.#stream.cork() // one call of the system for all of them
    for (const wire of wires) this.#stream.write(wire, 'latin1')
    this.#stream.uncork()
  }

  #endText(): void {
    if (this.#text !== '') this.#wires.push(this.#text)
    this.#text = ''
  }

  /** Resolves when the client has read enough, or is gone. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#stream.once('drain', resolve).once('close', resolve)
    await promise
    this.#stream.off('drain', resolve).off('close', resolve)
  }

  /** Resolves when everything has left, or the client is gone. */
  async finished(): Promise<void> {
    this.flush()
    if (this.#stream.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#stream.once('close', resolve)
    this.#stream.write('', () => resolve())
    await promise
    this.#stream.off('close', resolve)
  }
}
