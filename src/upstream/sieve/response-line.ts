/** What stands in a line of a server. */
export type SieveValue =
  | { readonly kind: 'string'; readonly octets: Buffer }
  /** Numbers too. */
  | { readonly kind: 'atom'; readonly text: string }
  | { readonly kind: 'list'; readonly values: readonly SieveValue[] }

/** A piece of a line: text without its end, or the octets of a literal. */
export type LinePart =
  | { readonly kind: 'text'; readonly octets: Buffer }
  | { readonly kind: 'literal'; readonly octets: Buffer }

/** A parsed line, and how many values it has in all. */
export interface SieveLine {
  readonly values: readonly SieveValue[]
  readonly count: number
}

/** The end of an answer (RFC 5804 section 1.3). */
export interface Completion {
  readonly status: 'OK' | 'NO' | 'BYE'
  /** Its name in capitals, such as `QUOTA/MAXSIZE`, and what follows that. */
  readonly code: { readonly name: string; readonly values: readonly SieveValue[] } | undefined
  /** What is said to a person: any number of lines. */
  readonly text: string
}

/** Octets that are no line of ManageSieve. */
export class SieveSyntaxError extends Error {
  override readonly name = 'SieveSyntaxError'
}

const MAX_DEPTH = 8 // of lists; no code that is registered has a list in it
const STATUSES: ReadonlySet<string> = new Set(['OK', 'NO', 'BYE'])
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy
const ATOM = /[^\x00-\x20\x7f-\xff"\\(){}]+/y

/**
 * Parses a line (RFC 5804 section 4).
 *
 * @throws {SieveSyntaxError}
 */
export function parseLine(parts: readonly LinePart[]): SieveLine {
  const open: SieveValue[][] = [[]]
  let count = 0
  const add = (value: SieveValue) => {
    count++
    open.at(-1)?.push(value)
  }
  for (const part of parts) {
    if (part.kind === 'literal') add({ kind: 'string', octets: part.octets })
    else for (const token of tokensOf(part.octets.toString('latin1'))) take(token, open, add)
  }
  const [values, unclosed] = open
  if (unclosed !== undefined || values === undefined) throw new SieveSyntaxError('a list has no end')
  return { values, count }
}

type Token = SieveValue | '(' | ')'

function take(token: Token, open: SieveValue[][], add: (value: SieveValue) => void): void {
  if (token === '(') {
    if (open.length > MAX_DEPTH) throw new SieveSyntaxError('lists are too deep')
    open.push([])
  } else if (token === ')') {
    const values = open.pop()
    if (values === undefined || open.length === 0) throw new SieveSyntaxError('a list ends that did not begin')
    add({ kind: 'list', values })
  } else add(token)
}

function* tokensOf(text: string): Generator<Token> {
  let at = 0
  while (at < text.length) {
    const char = text[at]
    if (char === ' ') at++
    else if (char === '(' || char === ')') {
      at++
      yield char
    } else {
      const [value, end] = char === '"' ? quotedAt(text, at) : atomAt(text, at)
      at = end
      yield value
    }
  }
}

function quotedAt(text: string, at: number): readonly [SieveValue, number] {
  QUOTED.lastIndex = at
  const inner = QUOTED.exec(text)?.[1]
  if (inner === undefined) throw new SieveSyntaxError('a string has no end')
  return [{ kind: 'string', octets: Buffer.from(inner.replace(/\\(.)/gs, '$1'), 'latin1') }, QUOTED.lastIndex]
}

function atomAt(text: string, at: number): readonly [SieveValue, number] {
  ATOM.lastIndex = at
  const found = ATOM.exec(text)?.[0]
  if (found === undefined) throw new SieveSyntaxError('a character is out of place')
  return [{ kind: 'atom', text: found }, ATOM.lastIndex]
}

/**
 * Reads a line as the end of an answer; undefined when it is one of its data.
 *
 * @throws {SieveSyntaxError}
 */
export function completionOf({ values }: SieveLine): Completion | undefined {
  const [first, ...rest] = values
  const status = first?.kind === 'atom' ? first.text.toUpperCase() : ''
  if (!STATUSES.has(status)) return undefined
  const code = rest[0]?.kind === 'list' ? codeOf(rest.shift()) : undefined
  const text = rest.shift()
  if (rest.length > 0 || (text && text.kind !== 'string')) throw new SieveSyntaxError('an answer does not end')
  return { status: status as Completion['status'], code, text: text?.octets.toString('utf8') ?? '' } // it is in STATUSES
}

function codeOf(list: SieveValue | undefined): Completion['code'] {
  const [name, ...values] = list?.kind === 'list' ? list.values : []
  if (name?.kind !== 'atom') throw new SieveSyntaxError('a response code has no name')
  return { name: name.text.toUpperCase(), values }
}

/** Reads a string; undefined for any other value, and none. */
export function stringOf(value: SieveValue | undefined): string | undefined {
  return value?.kind === 'string' ? value.octets.toString('utf8') : undefined
}
