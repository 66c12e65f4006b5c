import type { CommandReader } from '../command-reader.ts'
import { readFieldName } from './body-section.ts'
import { readSearchDate } from './search-date.ts'
import { readSequenceSet, type SequenceSet } from './sequence-set.ts'

/** A search key (RFC 9051 section 6.4.4; RFC 5032, 7162, 8474, 8514). Texts are decoded already. */
export type SearchKey =
  | { readonly kind: 'all' }
  | { readonly kind: 'and'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'or'; readonly left: SearchKey; readonly right: SearchKey }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | { readonly kind: 'numbers' | 'uids'; readonly messages: SequenceSet }
  /** A system flag with its backslash, or a keyword. */
  | { readonly kind: 'flag'; readonly flag: string }
  /** `RECENT` of IMAP4rev1; `NEW` and `OLD` are made of it. */
  | { readonly kind: 'recent' }
  | {
      readonly kind: 'address'
      readonly field: 'bcc' | 'cc' | 'from' | 'to'
      readonly text: string
    }
  | { readonly kind: 'subject' | 'body' | 'text'; readonly text: string }
  /** An empty text asks whether the field is there. */
  | { readonly kind: 'header'; readonly field: string; readonly text: string }
  /** `dayMs` is 00:00 UTC of the day, in ms since the epoch; time and zone of messages do not count. */
  | {
      readonly kind: 'date'
      readonly of: 'internal' | 'sent' | 'saved'
      readonly relation: 'before' | 'on' | 'since'
      readonly dayMs: number
    }
  /** Whether the mailbox keeps save dates. */
  | { readonly kind: 'save-date-supported' }
  /** By the internal date. */
  | { readonly kind: 'older' | 'younger'; readonly seconds: number }
  | { readonly kind: 'larger' | 'smaller'; readonly octets: number }
  /** At least that; with an entry name it asks the same, since we keep one mod-sequence for all of a message. */
  | { readonly kind: 'modseq'; readonly modseq: bigint }
  | { readonly kind: 'email-id' | 'thread-id'; readonly id: string }

const MAX_DEPTH = 200 // clients make one OR in another of a list of alternatives
const MAX_KEYS = 2000 // each may be a scan of the mailbox
const OBJECT_ID = /[A-Za-z0-9_-]{1,255}/y // RFC 8474 section 7

type KeyReader = (keys: SearchKeyReader, depth: number) => SearchKey

/** Reads search keys; `decode` turns the octets of a string into text. */
export class SearchKeyReader {
  readonly reader: CommandReader
  readonly #decode: (octets: Buffer) => string
  #count = 0

  constructor(reader: CommandReader, decode: (octets: Buffer) => string) {
    this.reader = reader
    this.#decode = decode
  }

  /** Reads keys up to the end, all of which a message must match. */
  all(): SearchKey {
    const keys = [this.key(0)]
    while (this.reader.skip(' ')) keys.push(this.key(0))
    return together(keys)
  }

  key(depth: number): SearchKey {
    const { reader } = this
    if (depth > MAX_DEPTH) reader.fail('search keys are nested too deeply')
    if (++this.#count > MAX_KEYS) reader.fail('there are too many search keys')
    if (reader.next === '(') return together(reader.list(() => this.key(depth + 1)))
    if (/^[\d*$]/.test(reader.next)) return { kind: 'numbers', messages: readSequenceSet(reader) }
    const read = KEYS.get(reader.word())
    return read ? read(this, depth) : reader.fail('unknown search key')
  }

  /** Reads a key that is part of another one. */
  inner(depth: number): SearchKey {
    this.reader.space()
    return this.key(depth + 1)
  }

  text(): string {
    this.reader.space()
    return this.#decode(this.reader.astring())
  }
}

function together(keys: readonly SearchKey[]): SearchKey {
  const [only] = keys
  return keys.length === 1 && only ? only : { kind: 'and', keys }
}

function not(key: SearchKey): SearchKey {
  return { kind: 'not', key }
}

function constant(key: SearchKey): KeyReader {
  return () => key
}

function date(of: 'internal' | 'sent' | 'saved', relation: 'before' | 'on' | 'since'): KeyReader {
  return ({ reader }) => ({ kind: 'date', of, relation, dayMs: readSearchDate(reader) })
}

function address(field: 'bcc' | 'cc' | 'from' | 'to'): KeyReader {
  return keys => ({ kind: 'address', field, text: keys.text() })
}

function text(kind: 'subject' | 'body' | 'text'): KeyReader {
  return keys => ({ kind, text: keys.text() })
}

function size(kind: 'larger' | 'smaller'): KeyReader {
  return ({ reader }) => {
    reader.space()
    return { kind, octets: reader.number64() }
  }
}

function age(kind: 'older' | 'younger'): KeyReader {
  return ({ reader }) => {
    reader.space()
    return { kind, seconds: reader.number(1) }
  }
}

function objectId(kind: 'email-id' | 'thread-id'): KeyReader {
  return ({ reader }) => {
    reader.space()
    return { kind, id: reader.match(OBJECT_ID) ?? reader.fail('an object id is malformed') }
  }
}

function keyword({ reader }: SearchKeyReader): SearchKey {
  reader.space()
  return { kind: 'flag', flag: reader.atom() }
}

function uids({ reader }: SearchKeyReader): SearchKey {
  reader.space()
  return { kind: 'uids', messages: readSequenceSet(reader) }
}

function header(keys: SearchKeyReader): SearchKey {
  keys.reader.space()
  return { kind: 'header', field: readFieldName(keys.reader), text: keys.text() }
}

// RFC 7162 section 3.1.5: MODSEQ ["/flags/\\Seen" all] 123
function modseq({ reader }: SearchKeyReader): SearchKey {
  reader.space()
  if (reader.next === '"') {
    reader.string()
    reader.space()
    reader.oneOf(['PRIV', 'SHARED', 'ALL'], 'entry type of MODSEQ')
    reader.space()
  }
  return { kind: 'modseq', modseq: reader.modseq() }
}

const RECENT: SearchKey = { kind: 'recent' }
const SEEN: SearchKey = { kind: 'flag', flag: '\\Seen' }

const KEYS: ReadonlyMap<string, KeyReader> = new Map<string, KeyReader>([
  ['ALL', constant({ kind: 'all' })],
  ['RECENT', constant(RECENT)],
  ['OLD', constant(not(RECENT))],
  ['NEW', constant({ kind: 'and', keys: [RECENT, not(SEEN)] })],
  ...['Answered', 'Deleted', 'Draft', 'Flagged', 'Seen'].flatMap((name): [string, KeyReader][] => {
    const flag: SearchKey = { kind: 'flag', flag: `\\${name}` }
    return [
      [name.toUpperCase(), constant(flag)],
      [`UN${name.toUpperCase()}`, constant(not(flag))],
    ]
  }),
  ['KEYWORD', keyword],
  ['UNKEYWORD', keys => not(keyword(keys))],
  ['BCC', address('bcc')],
  ['CC', address('cc')],
  ['FROM', address('from')],
  ['TO', address('to')],
  ['SUBJECT', text('subject')],
  ['BODY', text('body')],
  ['TEXT', text('text')],
  ['HEADER', header],
  ['BEFORE', date('internal', 'before')],
  ['ON', date('internal', 'on')],
  ['SINCE', date('internal', 'since')],
  ['SENTBEFORE', date('sent', 'before')],
  ['SENTON', date('sent', 'on')],
  ['SENTSINCE', date('sent', 'since')],
  ['SAVEDBEFORE', date('saved', 'before')],
  ['SAVEDON', date('saved', 'on')],
  ['SAVEDSINCE', date('saved', 'since')],
  ['SAVEDATESUPPORTED', constant({ kind: 'save-date-supported' })],
  ['OLDER', age('older')],
  ['YOUNGER', age('younger')],
  ['LARGER', size('larger')],
  ['SMALLER', size('smaller')],
  ['UID', uids],
  ['MODSEQ', modseq],
  ['EMAILID', objectId('email-id')],
  ['THREADID', objectId('thread-id')],
  ['NOT', (keys, depth) => not(keys.inner(depth))],
  ['OR', (keys, depth) => ({ kind: 'or', left: keys.inner(depth), right: keys.inner(depth) })],
])
