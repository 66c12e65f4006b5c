import { findDay } from '../../date-time.ts'
import type { CommandReader } from '../command-reader.ts'

const DATE = /"?(\d{1,2}-[a-z]{3}-\d{4})(?=["\s)]|$)/iy

/** Reads a space and a date (RFC 9051 section 9), bare or in quotes, as 00:00 UTC of the day in ms since the epoch. */
export function readSearchDate(reader: CommandReader): number {
  reader.space()
  const isQuoted = reader.next === '"'
  const text = reader.match(DATE) ?? ''
  if (isQuoted) reader.expect('"')
  return findDay(text) ?? reader.fail('a date is malformed')
}
