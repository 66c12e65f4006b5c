import type { Duplex } from 'node:stream'
import type { Wire } from './wire.ts'

const FLUSH_OCTETS = 65_536 // many small responses go out in one write

/** What is written to a client: gathered, and no faster than the client reads. */
export class Output {
  readonly #stream: Duplex
  #text = ''

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  /** Writes; resolves when more may come. */
  async write(wire: Wire): Promise<void> {
    if (typeof wire === 'string') {
      this.#text += wire
      if (this.#text.length >= FLUSH_OCTETS) await this.flush()
      return
    }
    if (this.#text !== '') this.#stream.write(this.#take())
    await this.#written(this.#stream.write(wire))
  }

  /** Sends what was gathered. */
  async flush(): Promise<void> {
    if (this.#text !== '') await this.#written(this.#stream.write(this.#take()))
  }

  #take(): Buffer {
    const octets = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    return octets
  }

  async #written(isRoom: boolean): Promise<void> {
    if (isRoom || this.#stream.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const onReady = () => {
      this.#stream.off('drain', onReady).off('close', onReady)
      resolve()
    }
    this.#stream.on('drain', onReady).on('close', onReady)
    await promise
  }
}
