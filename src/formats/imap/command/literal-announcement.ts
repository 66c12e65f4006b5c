const CLOSE_BRACE = 0x7d
const MAX_ANNOUNCEMENT_OCTETS = 32 // ~{18 digits+} has 23

/** A literal that the end of a line announces: `{n}`, `{n+}` (RFC 7888), `~{n}`, `~{n+}` (RFC 3516). */
export interface LiteralAnnouncement {
  /** Where in the line the announcement begins. */
  readonly start: number
  /** Infinity for what is no length that can be. */
  readonly octets: number
  /** Whether the client waits for `+` before it sends the octets. */
  readonly isSynchronizing: boolean
  /** Whether it is a literal8, which may hold NUL. */
  readonly isBinary: boolean
}

/**
 * Finds the announcement at the end of a line without its line end. A length that is absurd is one all the same: what a
 * client sends as the octets of a literal must never be read as commands.
 */
export function findLiteralAnnouncement(line: Buffer): LiteralAnnouncement | undefined {
  if (line[line.length - 1] !== CLOSE_BRACE) return undefined
  const from = Math.max(0, line.length - MAX_ANNOUNCEMENT_OCTETS)
  const end = line.toString('latin1', from)
  const match = /(~?)\{(\d+)(\+?)\}$/.exec(end) ?? (from > 0 ? /^()(\d+)(\+?)\}$/.exec(end) : undefined)
  if (!match) return undefined
  const [whole, tilde, digits = '', plus] = match
  const octets = digits.length <= 15 ? Number(digits) : Number.POSITIVE_INFINITY
  return { start: line.length - whole.length, octets, isSynchronizing: plus === '', isBinary: tilde === '~' }
}

/** How much of the end of a line is enough for {@link findLiteralAnnouncement}: CRLF and one octet more. */
export const LINE_TAIL_OCTETS = MAX_ANNOUNCEMENT_OCTETS + 3
