import type { OctetStream } from './octet-stream.ts'

/** Octets of which the first chunk has come. */
export class OpenOctets implements AsyncDisposable {
  readonly #iterator: AsyncIterator<Buffer>
  #first: IteratorResult<Buffer> | undefined

  private constructor(iterator: AsyncIterator<Buffer>, first: IteratorResult<Buffer>) {
    this.#iterator = iterator
    this.#first = first
  }

  /** Waits for the first chunk; rejects as the stream does. */
  static async open(stream: OctetStream): Promise<OpenOctets> {
    const iterator = stream[Symbol.asyncIterator]()
    return new OpenOctets(iterator, await iterator.next())
  }

  /** Gives all chunks, once. */
  async *chunks(): AsyncGenerator<Buffer> {
    for (let next = this.#takeFirst(); ; next = undefined) {
      const { done, value } = next ?? (await this.#iterator.next())
      if (done) return
      yield value
    }
  }

  // A chunk that was passed on is not kept.
  #takeFirst(): IteratorResult<Buffer> | undefined {
    const first = this.#first
    this.#first = undefined
    return first
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#iterator.return?.()
  }
}
