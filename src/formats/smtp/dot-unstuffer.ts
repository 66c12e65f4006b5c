const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** Takes away the dots that a client has doubled (RFC 5321 section 4.5.2), whatever the chunks are. */
export class DotUnstuffer {
  #isAtLineStart = true
  #endsWithCr = false

  /** Gives the chunk as it was before it was sent; the same buffer where nothing was doubled. */
  push(chunk: Buffer): Buffer {
    const pieces: Buffer[] = []
    let from = 0
    for (let at = this.#firstLineStart(chunk); at < chunk.length; at = nextLineStart(chunk, at)) {
      if (chunk[at] !== DOT) continue
      if (at > from) pieces.push(chunk.subarray(from, at))
      from = at + 1
    }
    this.#remember(chunk)
    if (from === 0) return chunk
    return Buffer.concat([...pieces, chunk.subarray(from)])
  }

  #firstLineStart(chunk: Buffer): number {
    if (this.#isAtLineStart) return 0
    return this.#endsWithCr && chunk[0] === LF ? 1 : nextLineStart(chunk, 0)
  }

  #remember(chunk: Buffer): void {
    const last = chunk.at(-1)
    if (last === undefined) return
    const before = chunk.length > 1 ? chunk.at(-2) === CR : this.#endsWithCr
    this.#isAtLineStart = last === LF && before
    this.#endsWithCr = last === CR
  }
}

function nextLineStart(chunk: Buffer, at: number): number {
  const end = chunk.indexOf('\r\n', at)
  return end === -1 ? chunk.length : end + 2
}
