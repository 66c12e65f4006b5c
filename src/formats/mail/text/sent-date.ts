import type { OctetString } from '../structure/part.ts'

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
// RFC 5322 sections 3.3 and 4.3, and what programs write instead: other separators, no time, no zone.
const DATE =
  /^(?:[a-z]{2,9}[.,]?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s,-]+(\d{2,4})(?:[\s,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?)?\s*([+-]\d{4}|[a-z]{1,5})?/i
const ZONES: Readonly<Record<string, number>> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
}
const COMMENT = /\([^()]*\)/g
const MINUTE_MS = 60_000
const MAX_UNITS = 200

/** When a message was sent, by its own word. */
export interface SentDate {
  /** In ms since the epoch. */
  readonly ms: number
  /** 00:00 UTC of the day that stands there, whatever the zone, in ms since the epoch. */
  readonly dayMs: number
}

/** Reads a Date field; undefined when it is none. A broken time is 00:00, a broken zone is UTC (RFC 5256 section 2.2). */
export function parseSentDate(field: OctetString): SentDate | undefined {
  const match = DATE.exec(withoutComments(field.slice(0, MAX_UNITS)).trim())
  if (!match) return undefined
  const [, day = '', month = '', year = '', hours = '0', minutes = '0', seconds = '0', zone = ''] = match
  const index = MONTHS.indexOf(month.toLowerCase())
  if (index % 3 !== 0 || Number(day) < 1 || Number(day) > 31) return undefined
  const dayMs = Date.UTC(fullYear(year), index / 3, Number(day))
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)]
  const timeMs = h < 24 && m < 60 && s <= 60 ? ((h * 60 + m) * 60 + s) * 1000 : 0
  return { ms: dayMs + timeMs - zoneMinutes(zone) * MINUTE_MS, dayMs }
}

function withoutComments(text: OctetString): OctetString {
  const shorter = text.replace(COMMENT, ' ')
  return shorter === text ? text : withoutComments(shorter) // comments may stand in comments
}

// RFC 5322 section 4.3.
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 2) return year + (year < 50 ? 2000 : 1900)
  return text.length === 3 ? year + 1900 : year
}

function zoneMinutes(zone: string): number {
  const digits = /^([+-])(\d\d)(\d\d)$/.exec(zone)
  if (!digits) return (ZONES[zone.toLowerCase()] ?? 0) * 60
  const minutes = Number(digits[2]) * 60 + Number(digits[3])
  return digits[1] === '-' ? -minutes : minutes
}
