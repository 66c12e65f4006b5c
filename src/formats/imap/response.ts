import type { ResponsePart } from './response-reader.ts'
import { type ImapValue, numberOf, parseValues } from './value.ts'

/** A response code: `[UIDVALIDITY 3857529045]` (RFC 9051 section 7.1). */
export interface ResponseCode {
  /** In capitals. */
  readonly name: string
  readonly args: readonly ImapValue[]
}

/** What a server says (RFC 9051 section 7). */
export type ImapResponse =
  | { readonly kind: 'continuation'; readonly text: string }
  | {
      readonly kind: 'tagged'
      readonly tag: string
      readonly status: 'OK' | 'NO' | 'BAD'
      readonly code: ResponseCode | undefined
      readonly text: string
    }
  | {
      readonly kind: 'status'
      readonly status: 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH'
      readonly code: ResponseCode | undefined
      readonly text: string
    }
  /** `* 23 FETCH (…)` has a number, `* LIST …` has none. */
  | {
      readonly kind: 'data'
      readonly number: number | undefined
      readonly name: string
      readonly values: readonly ImapValue[]
    }

/**
 * Reads one response.
 *
 * @throws {PosternError} FORMATS_IMAP_SYNTAX
 */
export function parseResponse(parts: readonly ResponsePart[]): ImapResponse {
  const first = parts[0]?.kind === 'text' ? parts[0].octets : Buffer.alloc(0)
  if (first[0] === 0x2b) return { kind: 'continuation', text: first.toString('utf8', first[1] === 0x20 ? 2 : 1) }
  const status = statusLine(parts)
  if (status) return status
  const values = parseValues(parts)
  const number = numberOf(values[1])
  const name = values[number === undefined ? 1 : 2]
  return {
    kind: 'data',
    number,
    name: name?.kind === 'atom' ? name.text.toUpperCase() : '',
    values: values.slice(number === undefined ? 2 : 3),
  }
}

const STATUS_LINE = /^(\S+) (OK|NO|BAD|BYE|PREAUTH)(?: (.*))?$/is

function statusLine(parts: readonly ResponsePart[]): ImapResponse | undefined {
  const first = parts[0]
  if (first?.kind !== 'text') return undefined
  // Data responses come by the ten thousand: look at the letters before running a pattern.
  if (first.octets[0] === 0x2a && !/^\* (OK|NO|BAD|BYE|PREAUTH)\b/i.test(first.octets.toString('latin1', 0, 10)))
    return undefined
  const match = STATUS_LINE.exec(textOfParts(parts))
  if (!match?.[1] || !match[2]) return undefined
  const { code, text } = responseText(match[3] ?? '')
  const status = match[2].toUpperCase()
  if (match[1] === '*') return { kind: 'status', status: status as 'OK', code, text } // one of the five, by the pattern
  if (status !== 'OK' && status !== 'NO' && status !== 'BAD') return undefined
  return { kind: 'tagged', tag: match[1], status, code, text }
}

function textOfParts(parts: readonly ResponsePart[]): string {
  return parts
    .map(part => (part.kind === 'text' ? part.octets : Buffer.concat(part.chunks ?? [])).toString('utf8'))
    .join('')
}

function responseText(text: string): { readonly code: ResponseCode | undefined; readonly text: string } {
  const [, name, args, rest] = /^\[([^\s\]]+)(?: ((?:[^\]"]|"(?:[^"\\]|\\.)*")*))?\] ?(.*)$/s.exec(text) ?? []
  if (!name) return { code: undefined, text }
  const values = parseValues([{ kind: 'text', octets: Buffer.from(args ?? '') }])
  return { code: { name: name.toUpperCase(), args: values }, text: rest ?? '' }
}
