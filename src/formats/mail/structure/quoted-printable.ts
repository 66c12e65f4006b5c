const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const EQUALS = 0x3d
const MAX_HELD_BLANKS = 4096 // at the end of a chunk; a longer run is content

/**
 * Decodes a quoted-printable body that is given chunk by chunk (RFC 2045 section 6.7): blanks at the end of a line go, an
 * equals sign that starts nothing stays. Line ends stay what they are.
 */
export class QuotedPrintableDecoder {
  #held: Buffer = Buffer.alloc(0)

  /** Gives what can be told so far, which may be nothing. */
  write(chunk: Buffer): Buffer {
    const octets = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    const end = decidedEnd(octets)
    this.#held = Buffer.from(octets.subarray(end))
    return decoded(octets.subarray(0, end), false)
  }

  /** Gives what was held back. */
  end(): Buffer {
    return decoded(this.#held, true)
  }
}

/** How far octets can be decoded whatever follows: an escape, or blanks, at their end may not be complete. */
function decidedEnd(octets: Buffer): number {
  let end = octets.length
  if (octets[end - 2] === EQUALS) return end - 2
  if (octets[end - 1] === CR) end--
  const limit = end - MAX_HELD_BLANKS
  while (end > limit && isBlank(octets[end - 1])) end--
  return octets[end - 1] === EQUALS ? end - 1 : end
}

function decoded(octets: Buffer, isEnd: boolean): Buffer {
  const output = Buffer.allocUnsafe(octets.length)
  let length = 0
  let at = 0
  while (at < octets.length) {
    const octet = octets[at] ?? 0
    const code = octet === EQUALS ? escaped(octets, at) : undefined
    const end = isBlank(octet) || octet === EQUALS ? blanksEnd(octets, at + 1) : at + 1
    if (code !== undefined) {
      output[length++] = code
      at += 3
    } else if (octet === EQUALS && endsLine(octets, end, isEnd)) at = afterLineEnd(octets, end)
    else if (isBlank(octet) && endsLine(octets, end, isEnd)) at = end
    else for (; at < end; at++) output[length++] = octets[at] ?? 0
  }
  return output.subarray(0, length)
}

function blanksEnd(octets: Buffer, at: number): number {
  let end = at
  while (isBlank(octets[end])) end++
  return end
}

function endsLine(octets: Buffer, at: number, isEnd: boolean): boolean {
  return at === octets.length ? isEnd : afterLineEnd(octets, at) > at
}

function afterLineEnd(octets: Buffer, at: number): number {
  if (octets[at] === LF) return at + 1
  return octets[at] === CR && octets[at + 1] === LF ? at + 2 : at
}

function escaped(octets: Buffer, at: number): number | undefined {
  const [high, low] = [hexDigit(octets[at + 1]), hexDigit(octets[at + 2])]
  return high === -1 || low === -1 ? undefined : high * 16 + low
}

function hexDigit(octet = 0): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30
  const lower = octet | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function isBlank(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB
}
