import { PosternError } from '../../errors.ts'
import type { FormatsErrorCode } from '../errors.ts'
import type { ResponsePart } from './response-reader.ts'
import { tooLarge } from './too-large.ts'

const MAX_VALUES = 2_000_000 // each takes some 80 octets; a UID SEARCH of a million single UIDs has half of them
const MAX_DEPTH = 100 // a BODYSTRUCTURE nests two lists per MIME level
const SPACE = 0x20
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d

/** A value of a response (RFC 9051 section 4). Strings are octets: their charset is not IMAP's to know. */
export type ImapValue =
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'string'; readonly octets: Buffer }
  | { readonly kind: 'list'; readonly items: readonly ImapValue[] }
  | { readonly kind: 'nil' }
  /** A literal whose octets went to a sink. */
  | { readonly kind: 'streamed'; readonly length: number }

const NIL: ImapValue = { kind: 'nil' }

/**
 * Reads the values of a response.
 *
 * @throws {PosternError} FORMATS_IMAP_SYNTAX
 */
export function parseValues(parts: readonly ResponsePart[]): ImapValue[] {
  const reader = new ValueReader(parts)
  const values = reader.items(0)
  if (!reader.isAtEnd) throw syntaxError('a ) too many')
  return values
}

class ValueReader {
  readonly #parts: readonly ResponsePart[]
  #part = 0
  #at = 0
  #count = 0

  constructor(parts: readonly ResponsePart[]) {
    this.#parts = parts
  }

  get isAtEnd(): boolean {
    return this.#part >= this.#parts.length
  }

  /** Reads values up to a closing parenthesis or the end. */
  items(depth: number): ImapValue[] {
    if (depth > MAX_DEPTH) throw syntaxError('lists nested too deeply')
    const items: ImapValue[] = []
    for (;;) {
      const part = this.#parts[this.#part]
      if (!part) return items
      if (part.kind === 'literal') {
        this.#countOne()
        items.push(literalValue(part))
        this.#part++
        continue
      }
      const octet = part.octets[this.#at]
      if (octet === undefined) this.#nextPart()
      else if (octet === SPACE) this.#at++
      else if (octet === CLOSE) return items
      else items.push(this.#value(part.octets, octet, depth))
    }
  }

  #nextPart(): void {
    this.#part++
    this.#at = 0
  }

  #countOne(): void {
    if (++this.#count > MAX_VALUES) throw tooLarge(`a response of more than ${MAX_VALUES} values`)
  }

  #value(octets: Buffer, octet: number, depth: number): ImapValue {
    this.#countOne()
    if (octet === QUOTE) return this.#quoted(octets)
    if (octet !== OPEN) return this.#atom(octets)
    this.#at++
    const items = this.items(depth + 1)
    const part = this.#parts[this.#part]
    if (part?.kind !== 'text' || part.octets[this.#at] !== CLOSE) throw syntaxError('a ) is missing')
    this.#at++
    return { kind: 'list', items }
  }

  #quoted(octets: Buffer): ImapValue {
    const start = this.#at + 1
    let hasEscapes = false
    for (let at = start; at < octets.length; at++) {
      if (octets[at] === BACKSLASH) {
        hasEscapes = true
        at++
      } else if (octets[at] === QUOTE) {
        this.#at = at + 1
        const content = octets.subarray(start, at)
        return { kind: 'string', octets: hasEscapes ? unescaped(content) : content }
      }
    }
    throw syntaxError('a quoted string has no end')
  }

  // An atom may hold a section in brackets: BODY[HEADER.FIELDS (MESSAGE-ID)]<0>.
  #atom(octets: Buffer): ImapValue {
    const start = this.#at
    let brackets = 0
    let at = start
    for (; at < octets.length; at++) {
      const octet = octets[at]
      if (octet === OPEN_BRACKET) brackets++
      else if (octet === CLOSE_BRACKET) brackets = Math.max(0, brackets - 1)
      else if (brackets === 0 && (octet === SPACE || octet === OPEN || octet === CLOSE)) break
    }
    this.#at = at
    const text = octets.toString('latin1', start, at)
    return text === 'NIL' || text === 'nil' ? NIL : { kind: 'atom', text }
  }
}

function literalValue(part: ResponsePart & { readonly kind: 'literal' }): ImapValue {
  if (!part.chunks) return { kind: 'streamed', length: part.length }
  return { kind: 'string', octets: Buffer.concat(part.chunks) }
}

function unescaped(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replace(/\\(.)/gs, '$1'), 'latin1')
}

function syntaxError(what: string): PosternError {
  return new PosternError<FormatsErrorCode>('FORMATS_IMAP_SYNTAX', `The server sent a malformed response: ${what}.`, {
    remedy: 'retry',
    advice: 'The connection was closed; if it happens again, the server is broken.',
  })
}

/** Reads an atom or a string as text; undefined for lists and NIL. */
export function textOf(value: ImapValue | undefined): string | undefined {
  if (value?.kind === 'atom') return value.text
  return value?.kind === 'string' ? value.octets.toString('utf8') : undefined
}

/** Reads a non-negative whole number; undefined when it is none. */
export function numberOf(value: ImapValue | undefined): number | undefined {
  const text = textOf(value)
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Reads a list's items; undefined when it is none. */
export function itemsOf(value: ImapValue | undefined): readonly ImapValue[] | undefined {
  return value?.kind === 'list' ? value.items : undefined
}
