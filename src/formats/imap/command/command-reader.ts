import { findDay, parseDateTime } from '../date-time.ts'
import type { CommandPiece } from './command-piece.ts'

/** How a client's commands are to be read. */
export interface CommandDialect {
  /** Whether mailbox names are UTF-8, after ENABLE of IMAP4rev2 or UTF8=ACCEPT (RFC 6855 section 3), else modified UTF-7. */
  readonly isUtf8: boolean
}

/** A command that is none. It never leaves this folder: the exported parsers give its reason as a value. */
export class Malformed extends Error {}

const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const ASTRING_ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\]+/y // RFC 9051 section 9: ASTRING-CHAR has ] as well
const WORD = /[A-Za-z0-9][A-Za-z0-9.-]*/y
const QUOTED = /"([^"\\\r\n\0]*(?:\\["\\][^"\\\r\n\0]*)*)"/y
const NUMBER = /\d{1,20}/y
const NIL = /NIL(?=[ )]|$)/iy
const DATE_TIME =
  /^(?:[ 0]?[1-9]|[12]\d|3[01])-[a-z]{3}-\d{4} (?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60) [+-](?:[01]\d|2[0-3])[0-5]\d$/i
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const MAX_NUMBER = 4_294_967_295 // RFC 9051 section 9
const MAX_LIST_ITEMS = 10_000 // a line of 64 KB could have three times as many

/** Reads the pieces of one command from left to right; every method throws {@link Malformed} where its value is not. */
export class CommandReader {
  readonly dialect: CommandDialect
  readonly #pieces: readonly CommandPiece[]
  #index = 0
  #text: string
  #at: number

  /** Begins at the octet `at` of the first piece. */
  constructor(pieces: readonly CommandPiece[], dialect: CommandDialect, at = 0) {
    this.dialect = dialect
    this.#at = at
    this.#pieces = pieces
    this.#text = textOf(pieces[0])
  }

  /** The next octet as a character; empty before a literal and at the end. */
  get next(): string {
    return this.#text.charAt(this.#at)
  }

  /** Tells whether nothing is left of the text before a literal or the end. */
  get isAtTextEnd(): boolean {
    return this.#at === this.#text.length
  }

  fail(reason: string): never {
    throw new Malformed(reason)
  }

  /** Expects that nothing is left. */
  end(): void {
    if (!this.isAtTextEnd || this.#index < this.#pieces.length - 1) this.fail('something is left at the end')
  }

  /** Steps over a text in any case, if it is next. */
  skip(text: string): boolean {
    if (this.#text.slice(this.#at, this.#at + text.length).toUpperCase() !== text) return false
    this.#at += text.length
    return true
  }

  expect(text: string): void {
    if (this.skip(text)) return
    // A bracket at the beginning of an answer would be one of a response code.
    this.fail(text === ' ' ? 'a space is missing' : `expected ${text.trim()}`)
  }

  space(): void {
    this.expect(' ')
  }

  /** Takes what a sticky expression matches here. */
  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#text)
    if (!found) return undefined
    this.#at = sticky.lastIndex
    return found[1] ?? found[0]
  }

  atom(): string {
    return this.match(ATOM) ?? this.fail('an atom is missing')
  }

  /** A name of the protocol's own, in capitals. */
  word(): string {
    return (this.match(WORD) ?? this.fail('a name is missing')).toUpperCase()
  }

  /** A word that must be one of these. */
  oneOf<Word extends string>(words: readonly Word[], what: string): Word {
    const word = this.word()
    return words.find(known => known === word) ?? this.fail(`unknown ${what}`)
  }

  /** The octets of an astring. */
  astring(): Buffer {
    const atom = this.match(ASTRING_ATOM)
    return atom === undefined ? this.string() : Buffer.from(atom, 'latin1')
  }

  /** The octets of a quoted string, or of a literal. Those of 8 bits may stand in both. */
  string(): Buffer {
    if (this.isAtTextEnd) return this.#literal()
    const quoted = this.match(QUOTED) ?? this.fail('a string is missing')
    return Buffer.from(quoted.includes('\\') ? quoted.replace(/\\(.)/g, '$1') : quoted, 'latin1')
  }

  /** The octets of a string; undefined for NIL. */
  nstring(): Buffer | undefined {
    return this.match(NIL) === undefined ? this.string() : undefined
  }

  /** An astring in UTF-8. */
  text(): string {
    return this.utf8(this.astring())
  }

  utf8(octets: Buffer): string {
    try {
      return UTF8.decode(octets)
    } catch {
      return this.fail('a string is not UTF-8')
    }
  }

  /** A number of 32 bits, from `min` on. */
  number(min = 0): number {
    const number = this.number64(min)
    return number <= MAX_NUMBER ? number : this.fail('a number is too large')
  }

  /** A number that may be larger than 32 bits, but stays exact. */
  number64(min = 0): number {
    const number = Number(this.#digits())
    if (number < min) this.fail('a number is too small')
    return Number.isSafeInteger(number) ? number : this.fail('a number is too large')
  }

  /** A mod-sequence-valzer (RFC 7162 section 7), which may be 0. */
  modseq(): bigint {
    const modseq = BigInt(this.#digits())
    return modseq < 1n << 63n ? modseq : this.fail('a mod-sequence is too large')
  }

  /** A date-time as ms since the epoch. */
  dateTime(): number {
    const text = this.match(QUOTED) ?? ''
    const isReal = DATE_TIME.test(text) && findDay(text.trimStart().split(' ', 1)[0] ?? '') !== undefined
    const ms = isReal ? parseDateTime(text) : undefined
    return ms ?? this.fail('a date and time is malformed')
  }

  /** A list in parentheses; `()` only where `min` is 0. */
  list<Item>(item: () => Item, min: 0 | 1 = 1): Item[] {
    this.expect('(')
    const items: Item[] = []
    if (min === 0 && this.skip(')')) return items
    do {
      items.push(item())
      if (items.length > MAX_LIST_ITEMS) this.fail('a list is too long')
    } while (this.skip(' '))
    this.expect(')')
    return items
  }

  /** Takes the streamed literal, with which the pieces end. */
  streamed(): CommandPiece & { readonly kind: 'streamed' } {
    const piece = this.isAtTextEnd ? this.#pieces[this.#index + 1] : undefined
    if (piece?.kind !== 'streamed') return this.fail('a message is missing')
    this.#index++
    this.#text = ''
    this.#at = 0
    return piece
  }

  #digits(): string {
    return this.match(NUMBER) ?? this.fail('a number is missing')
  }

  #literal(): Buffer {
    const piece = this.#pieces[this.#index + 1]
    if (piece?.kind !== 'literal') return this.fail('a string is missing')
    if (piece.octets.includes(0)) this.fail('a string has a NUL')
    this.#index += 2
    this.#text = textOf(this.#pieces[this.#index])
    this.#at = 0
    return piece.octets
  }
}

function textOf(piece: CommandPiece | undefined): string {
  return piece?.kind === 'text' ? piece.octets.toString('latin1') : ''
}
