import type { Test } from 'tap'
import { parseCommand } from '../../../src/formats/imap/command/command-parser.ts'
import { CommandSplitter } from '../../../src/formats/imap/command/command-splitter.ts'
import { UidSet } from '../../../src/formats/imap/uid-set.ts'

/** A line of a client, CRLF and tag left out, and what it says: the command, or `malformed`. */
export type CommandCase = readonly [line: string, expected: unknown]

/** Options of {@link parseLine}. */
export interface ParseOptions {
  readonly isUtf8?: boolean
  /** Where the octets are cut into two chunks; without it they come as one. */
  readonly cutAt?: number
}

/** Splits and parses `a LINE`, whose characters are octets. */
export function parseLine(line: string, { isUtf8 = false, cutAt = 0 }: ParseOptions = {}): unknown {
  const splitter = new CommandSplitter()
  const octets = Buffer.from(`a ${line}\r\n`, 'latin1')
  for (const chunk of [octets.subarray(0, cutAt), octets.subarray(cutAt)]) {
    splitter.push(chunk)
    for (let event = splitter.next(); event; event = splitter.next()) {
      if (event.kind === 'continue') continue
      if (event.kind !== 'command') return event.kind
      const parsed = parseCommand(event.pieces, { isUtf8 })
      return parsed.kind === 'command' && parsed.tag === 'a' ? plain(parsed.command) : parsed.kind
    }
  }
  return 'nothing'
}

/** Writes a value as plain data: sets of messages as `1:3,5:*` or `$`, numbers of many bits as `7n`. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof UidSet || Buffer.isBuffer(value)) return value.toString()
  if (value instanceof Set || Array.isArray(value)) return Array.from(value, plain)
  if (value instanceof Map) return Object.fromEntries(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  const object = Object.fromEntries(entries.map(([name, field]) => [name, plain(field)]))
  if (object.kind === 'saved') return '$'
  return object.kind === 'numbers' && 'numbers' in object ? setText(object.numbers, object.fromOrLast) : object
}

function setText(numbers: unknown, fromOrLast: unknown): string {
  const star = fromOrLast === undefined ? '' : fromOrLast === Number.POSITIVE_INFINITY ? '*' : `${fromOrLast}:*`
  return [numbers, star].filter(part => part !== '').join(',')
}

/** Runs all cases: as one chunk, and cut in two at every octet. */
export function checkCases(t: Test, cases: readonly CommandCase[], isUtf8 = false): void {
  for (const [line, expected] of cases) {
    t.strictSame(parseLine(line, { isUtf8 }), expected, line.slice(0, 100))
    const whole = JSON.stringify(parseLine(line, { isUtf8 }))
    for (let cutAt = 1; cutAt <= Math.min(line.length + 3, 400); cutAt++) {
      if (JSON.stringify(parseLine(line, { isUtf8, cutAt })) !== whole) t.fail(`${line} cut at ${cutAt}`)
    }
  }
}
