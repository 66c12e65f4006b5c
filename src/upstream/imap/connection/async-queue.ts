/** Hands values from the reader of a socket to an asynchronous loop, in order. */
export class AsyncQueue<Value> implements AsyncIterable<Value> {
  #values: Value[] = []
  #end: { readonly error: unknown } | 'done' | undefined
  #wake: (() => void) | undefined

  push(value: Value): void {
    this.#values.push(value)
    this.#wake?.()
  }

  end(): void {
    this.#end ??= 'done'
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value> {
    for (;;) {
      const values = this.#values
      this.#values = []
      yield* values
      if (this.#values.length > 0) continue
      if (this.#end === 'done') return
      if (this.#end) throw this.#end.error
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }
}
