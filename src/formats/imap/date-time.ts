const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const PATTERN = /^\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/

/** Reads an INTERNALDATE (RFC 9051 section 9, date-time) as ms since the epoch; undefined when it is none. */
export function parseDateTime(text: string): number | undefined {
  const match = PATTERN.exec(text)
  if (!match) return undefined
  const [, day, month = '', year, hour, minute, second, sign, zoneHour, zoneMinute] = match
  const monthIndex = MONTHS.findIndex(name => name.toLowerCase() === month.toLowerCase())
  if (monthIndex === -1) return undefined
  const local = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second))
  const zoneMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000
  return sign === '-' ? local + zoneMs : local - zoneMs
}

/** Finds 00:00 UTC of a date (RFC 9051 section 9) in ms since the epoch; undefined for a day that its month does not have. */
export function findDay(date: string): number | undefined {
  const dayMs = parseDateTime(`${date} 00:00:00 +0000`)
  // 31-Feb would be a day of March.
  return dayMs !== undefined && new Date(dayMs).getUTCDate() === Number.parseInt(date, 10) ? dayMs : undefined
}

/** Writes an INTERNALDATE, in UTC. A time outside of years 1 to 9999 becomes the epoch. */
export function formatDateTime(ms: number): string {
  const date = new Date(ms)
  const isFit = date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999
  const [year, month, day, ...time] = (isFit ? date : new Date(0)).toISOString().split(/[-T:.]/)
  return `${day}-${MONTHS[Number(month) - 1]}-${year} ${time.slice(0, 3).join(':')} +0000`
}
