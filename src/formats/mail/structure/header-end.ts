const LF = 0x0a
const CR = 0x0d

/** Finds the blank line that ends a header (RFC 5322 section 2.1) in octets that come in chunks; lines may end with LF alone. */
export class HeaderEnd {
  #octets = 0
  #isLineStart = true
  #isBlankSoFar = false // only a CR stands in the line

  /** Takes the next octets; gives how long the header is, with its blank line, once that is known. */
  push(chunk: Uint8Array): number | undefined {
    let at = 0
    while (at < chunk.length) {
      const octet = chunk[at]
      if (octet === LF && (this.#isLineStart || this.#isBlankSoFar)) return this.#octets + at + 1
      this.#isBlankSoFar = octet === CR && this.#isLineStart
      if (this.#isBlankSoFar) {
        this.#isLineStart = false
        at++
        continue
      }
      const lf = chunk.indexOf(LF, at)
      this.#isLineStart = lf !== -1
      at = lf === -1 ? chunk.length : lf + 1
    }
    this.#octets += chunk.length
    return undefined
  }
}
