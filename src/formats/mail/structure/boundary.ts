import type { OctetString } from './part.ts'

const DASH = 0x2d
const MAX_BOUNDARY_OCTETS = 250 // RFC 2046 section 5.1.1 allows 70

/** Octets of a line that are looked at: two dashes, a boundary, two dashes, and the line end. */
export const LINE_HEAD_OCTETS = MAX_BOUNDARY_OCTETS + 6

/** How well a line fits a boundary: not at all, by its beginning, or as a whole. */
export type BoundaryMatch = 'none' | 'prefix' | 'exact'

/** A boundary of a multipart (RFC 2046 section 5.1.1). */
export class Boundary {
  /** With the two dashes before it. */
  readonly #delimiter: Buffer

  private constructor(text: OctetString) {
    this.#delimiter = Buffer.from(`--${text}`, 'latin1')
  }

  /** Makes one of a parameter's value; undefined when it cannot be one. */
  static from(value: OctetString | undefined): Boundary | undefined {
    const text = value?.trimEnd() ?? ''
    return text === '' || text.length > MAX_BOUNDARY_OCTETS ? undefined : new Boundary(text)
  }

  get octets(): number {
    return this.#delimiter.length
  }

  /** Compares a line, without its line end. What follows the boundary does not matter, so a prefix is enough. */
  match(line: Buffer): BoundaryMatch {
    const length = this.#delimiter.length
    if (line.length < length || this.#delimiter.compare(line, 0, length) !== 0) return 'none'
    return /^(--)?[ \t]*$/.test(line.toString('latin1', length)) ? 'exact' : 'prefix'
  }

  /** Tells whether a line that matches ends the multipart. */
  isClose(line: Buffer): boolean {
    return line[this.#delimiter.length] === DASH && line[this.#delimiter.length + 1] === DASH
  }
}

/** Tells whether a line may be a delimiter; most are not. */
export function mayBeDelimiter(octets: Buffer, at: number): boolean {
  return octets[at] === DASH && octets[at + 1] === DASH
}
