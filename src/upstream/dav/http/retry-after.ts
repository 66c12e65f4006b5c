const MAX_WAIT_MS = 30_000 // longer is for the next run
const DEFAULT_WAIT_MS = 2000

/** The statuses by which a server says that it has no time now. */
export const BUSY: ReadonlySet<number> = new Set([429, 503])

/** How often a busy server is asked once more. */
export const MAX_RETRIES = 2

/**
 * How long a busy server is to be left alone (RFC 9110 section 10.2.3), in milliseconds; undefined when that is too long
 * to wait for.
 */
export function retryAfterMs(field: string | undefined, nowMs: number): number | undefined {
  const waitMs = parse(field?.trim(), nowMs) ?? DEFAULT_WAIT_MS
  return waitMs <= MAX_WAIT_MS ? Math.max(waitMs, 0) : undefined
}

// A number of seconds, or a date.
function parse(text: string | undefined, nowMs: number): number | undefined {
  if (!text) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : date - nowMs
}
