/** Passes on what comes, and asks for the next of it while the last one is being used. */
export async function* readAhead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    let next = iterator.next()
    for (let result = await next; !result.done; result = await next) {
      next = iterator.next()
      next.catch(() => undefined) // it is thrown where it is awaited, if anybody still does
      yield result.value
    }
  } finally {
    await iterator.return?.()
  }
}
