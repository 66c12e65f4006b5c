import type { Duplex } from 'node:stream'

/**
 * Reads what a stream begins with, and leaves the rest in it. Ends when the stream does: the caller bounds the time by
 * destroying it.
 */
export class OctetReader implements Disposable {
  readonly #stream: Duplex
  #wake: () => void = () => undefined
  #error: Error | undefined

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('readable', this.#onEvent).on('end', this.#onEvent).on('close', this.#onEvent).on('error', this.#onError)
  }

  /** Reads exactly that many octets. */
  async take(octets: number): Promise<Buffer> {
    for (;;) {
      const waits = this.#next()
      const chunk: Buffer | null = this.#stream.read(octets)
      if (chunk?.length === octets) return chunk
      this.#assertOpen()
      await waits
    }
  }

  /** Reads up to and with a delimiter; undefined when it does not come within `maxOctets`. */
  async takeUntil(delimiter: string, maxOctets: number): Promise<Buffer | undefined> {
    let head = Buffer.alloc(0)
    for (;;) {
      const waits = this.#next()
      const chunk: Buffer | null = this.#stream.read()
      if (chunk) {
        const from = Math.max(0, head.length - delimiter.length)
        head = Buffer.concat([head, chunk])
        const end = head.indexOf(delimiter, from)
        const length = end + delimiter.length
        if (end !== -1 && length <= maxOctets) {
          if (head.length > length) this.#stream.unshift(head.subarray(length))
          return head.subarray(0, length)
        }
        if (head.length > maxOctets) return undefined
      } else {
        this.#assertOpen()
        await waits
      }
    }
  }

  /** Reads to the end of the stream, or that many octets. */
  async takeAll(maxOctets: number): Promise<Buffer> {
    let octets = Buffer.alloc(0)
    for (;;) {
      const waits = this.#next()
      const chunk: Buffer | null = this.#stream.read()
      if (chunk) octets = Buffer.concat([octets, chunk])
      if (octets.length >= maxOctets) return octets.subarray(0, maxOctets)
      if (this.#error || this.#stream.destroyed || this.#stream.readableEnded) return octets
      if (!chunk) await waits
    }
  }

  [Symbol.dispose](): void {
    const stream = this.#stream
    stream.off('readable', this.#onEvent).off('end', this.#onEvent).off('close', this.#onEvent)
    stream.off('error', this.#onError)
  }

  #next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    return promise
  }

  #assertOpen(): void {
    if (this.#error) throw this.#error
    if (this.#stream.destroyed || this.#stream.readableEnded) throw new Error('the connection was closed')
  }

  readonly #onEvent = (): void => this.#wake()

  readonly #onError = (error: Error): void => {
    this.#error = error
    this.#wake()
  }
}
