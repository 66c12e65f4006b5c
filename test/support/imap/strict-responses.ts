/** A response as the strictest client reads it. */
export interface StrictResponse {
  /** `+`, `*`, or the tag. */
  readonly tag: string
  /** OK, FETCH and the like. */
  readonly name: string
  /** Of EXISTS, EXPUNGE, RECENT and FETCH. */
  readonly number: number | undefined
  /** All of it, one character for each octet. */
  readonly text: string
}

const STRING = /"(?:[^"\\\r\n\0]|\\["\\])*"/y
const LITERAL = /(~?)\{(\d+)\}\r\n/y
const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const FLAG = /\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const NUMBER = /\d+/y
const SET = /\d+(?::\d+)?(?:,\d+(?::\d+)?)*(?![\d:,])/y
const RESP_TEXT = /(?:\[[A-Z][A-Z0-9-]*(?: [^\]\r\n\0]+)?\] )?[^\r\n\0[][^\r\n\0]*\r\n/y
const DATE = /"(?: |\d)\d-[A-Z][a-z]{2}-\d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}"/y
const SECTION = /\[(?:[^\][\r\n"]|"(?:[^"\\]|\\.)*")*\](?:<\d+>)?/y

type Rule = (reader: StrictReader) => void

/**
 * Reads what a server has sent by the grammar (RFC 9051 section 9 and the extensions), with not a space more than it has.
 *
 * @throws {Error} at the first octet that no rule allows
 */
export function readStrictly(text: string): StrictResponse[] {
  const reader = new StrictReader(text)
  const responses: StrictResponse[] = []
  while (!reader.isAtEnd) responses.push(readResponse(reader))
  return responses
}

function readResponse(reader: StrictReader): StrictResponse {
  const from = reader.at
  const done = (tag: string, name: string, number?: number): StrictResponse => {
    return { tag, name, number, text: reader.text.slice(from, reader.at) }
  }
  if (reader.skip('+ ')) {
    reader.take(/[^\r\n\0]*\r\n/y)
    return done('+', '')
  }
  const tag = reader.skip('* ') ? '*' : reader.take(/[^\x00-\x20\x7f-\xff(){%*"\\+]+ /y).trimEnd()
  const status = reader.find(tag === '*' ? /(?:OK|NO|BAD|BYE) /y : /(?:OK|NO|BAD) /y)
  if (status !== undefined) {
    reader.take(RESP_TEXT)
    return done(tag, status.trimEnd())
  }
  if (tag !== '*') return reader.fail('a status')
  const number = reader.find(/\d+ /y)
  const name = reader.take(/[A-Z]+/y)
  const rule = (number === undefined ? DATA : NUMBERED)[name]
  if (!rule) return reader.fail(`a response that is no ${name}`)
  rule(reader)
  reader.expect('\r\n')
  return done(tag, name, number === undefined ? undefined : Number(number))
}

class StrictReader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length
  }

  fail(expected: string): never {
    throw new Error(`${expected} was expected at ${JSON.stringify(this.text.slice(Math.max(0, this.at - 80), this.at))}
      and not ${JSON.stringify(this.text.slice(this.at, this.at + 40))}`)
  }

  skip(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  expect(text: string): void {
    if (!this.skip(text)) this.fail(JSON.stringify(text))
  }

  find(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at
    const found = sticky.exec(this.text)?.[0]
    this.at += found?.length ?? 0
    return found
  }

  take(sticky: RegExp): string {
    return this.find(sticky) ?? this.fail(String(sticky))
  }

  string(mayBeBinary = false): void {
    if (this.find(STRING) !== undefined) return
    const [head, tilde, octets] = LITERAL.exec(this.text.slice(this.at, this.at + 40)) ?? []
    LITERAL.lastIndex = 0
    if (head === undefined || (tilde !== '' && !mayBeBinary)) this.fail('a string')
    const start = this.at + (head?.length ?? 0)
    this.at = start + Number(octets)
    if (this.at > this.text.length) this.fail('the rest of a literal')
    if (tilde === '' && this.text.slice(start, this.at).includes('\0')) this.fail('a literal without NUL')
  }

  nstring(mayBeBinary = false): void {
    if (!this.skip('NIL')) this.string(mayBeBinary)
  }

  /** Items in parentheses, with a space between two of them. */
  list(item: Rule, { min = 0 } = {}): void {
    this.expect('(')
    for (let count = 0; !(count >= min && this.skip(')')); count++) {
      if (count > 0) this.expect(' ')
      item(this)
    }
  }
}

const atom: Rule = reader => reader.take(ATOM)
const flag: Rule = reader => reader.take(FLAG)
const number: Rule = reader => reader.take(NUMBER)
const nothing: Rule = () => undefined
const nstring: Rule = reader => reader.nstring()
const date: Rule = reader => reader.take(DATE)
const inParentheses =
  (rule: Rule): Rule =>
  reader => {
    reader.expect('(')
    rule(reader)
    reader.expect(')')
  }

function each(rule: Rule): Rule {
  return reader => {
    while (reader.skip(' ')) rule(reader)
  }
}

/** A number, a string, NIL, or a list of them; bodies of a multipart stand together without spaces. */
function nested(reader: StrictReader): void {
  if (reader.find(NUMBER) !== undefined || reader.skip('NIL')) return
  if (reader.text[reader.at] !== '(') {
    reader.string()
    return
  }
  reader.expect('(')
  for (let count = 0; !reader.skip(')'); count++) {
    if (count > 0 && !(reader.text[reader.at] === '(' && reader.text[reader.at - 1] === ')')) reader.expect(' ')
    nested(reader)
  }
}

const ITEMS: Readonly<Record<string, Rule>> = {
  FLAGS: reader => reader.list(flag),
  UID: number,
  MODSEQ: inParentheses(number),
  INTERNALDATE: date,
  SAVEDATE: reader => (reader.skip('NIL') ? undefined : date(reader)),
  'RFC822.SIZE': number,
  'BINARY.SIZE': number,
  EMAILID: inParentheses(atom),
  THREADID: reader => (reader.skip('NIL') ? undefined : inParentheses(atom)(reader)),
  ENVELOPE: nested,
  BODYSTRUCTURE: nested,
  PREVIEW: nstring,
  RFC822: nstring,
  'RFC822.HEADER': nstring,
  'RFC822.TEXT': nstring,
}

const fetched: Rule = reader => {
  const name = reader.take(/[A-Z0-9.]+/y)
  const section = reader.find(SECTION)
  reader.expect(' ')
  if (section !== undefined && name !== 'BINARY.SIZE') reader.nstring(name === 'BINARY')
  else if (name === 'BODY') nested(reader)
  else (ITEMS[name] ?? (() => reader.fail(`an item that is no ${name}`)))(reader)
}

const listed: Rule = reader => {
  reader.expect(' ')
  reader.list(flag)
  reader.expect(' ')
  reader.nstring()
  reader.expect(' ')
  reader.string()
  if (reader.skip(' ')) nested(reader)
}

const thread: Rule = reader => {
  reader.expect('(')
  while (!reader.skip(')')) {
    if (reader.text[reader.at] === '(') {
      while (reader.text[reader.at] === '(') thread(reader)
    } else {
      number(reader)
      reader.skip(' ')
    }
  }
}

const STATUS_VALUES: Rule = reader => {
  reader.take(/[A-Z-]+ /y)
  if (reader.find(NUMBER) === undefined) inParentheses(atom)(reader)
}

const esearch: Rule = reader => {
  if (reader.skip(' (TAG ')) {
    reader.string()
    reader.expect(')')
  }
  reader.skip(' UID')
  each(inner => inner.take(/(?:(?:MIN|MAX|COUNT|MODSEQ) \d+|ALL \d+(?:[:,]\d+)*)/y))(reader)
}

const DATA: Readonly<Record<string, Rule>> = {
  CAPABILITY: each(atom),
  ENABLED: each(atom),
  ID: reader => {
    reader.expect(' ')
    nested(reader)
  },
  NAMESPACE: each(nested),
  FLAGS: reader => {
    reader.expect(' ')
    reader.list(flag)
  },
  LIST: listed,
  LSUB: listed,
  STATUS: reader => {
    reader.expect(' ')
    reader.string()
    reader.expect(' ')
    reader.list(STATUS_VALUES)
  },
  SEARCH: reader => {
    while (reader.find(/ \d+/y) !== undefined);
    reader.find(/ \(MODSEQ \d+\)/y)
  },
  SORT: reader => {
    while (reader.find(/ \d+/y) !== undefined);
    reader.find(/ \(MODSEQ \d+\)/y)
  },
  ESEARCH: esearch,
  THREAD: reader => {
    if (!reader.skip(' ')) return
    do thread(reader)
    while (reader.text[reader.at] === '(')
  },
  VANISHED: reader => {
    reader.expect(' ')
    reader.skip('(EARLIER) ')
    reader.take(SET)
  },
  QUOTAROOT: each(reader => reader.string()),
  QUOTA: reader => {
    reader.expect(' ')
    reader.string()
    reader.expect(' ')
    reader.take(/\((?:[A-Z]+ \d+ \d+(?: (?!\)))?)*\)/y)
  },
}

const NUMBERED: Readonly<Record<string, Rule>> = {
  EXISTS: nothing,
  RECENT: nothing,
  EXPUNGE: nothing,
  FETCH: reader => {
    reader.expect(' ')
    reader.list(fetched, { min: 1 })
  },
}
