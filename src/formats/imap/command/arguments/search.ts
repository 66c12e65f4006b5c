import type { CommandReader } from '../command-reader.ts'
import { type SearchKey, SearchKeyReader } from './search-key.ts'

const RETURNS = ['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE'] as const
const SORT_KEYS = ['ARRIVAL', 'CC', 'DATE', 'DISPLAYFROM', 'DISPLAYTO', 'FROM', 'SIZE', 'SUBJECT', 'TO'] as const

/** What SEARCH or SORT is asked to return (RFC 9051 section 6.4.4, RFC 5182, RFC 5267). */
export type SearchReturn = (typeof RETURNS)[number]

/** SEARCH and UID SEARCH. */
export interface SearchCommand {
  readonly kind: 'search'
  readonly isUid: boolean
  /** Undefined for a SEARCH without RETURN, which IMAP4rev1 answers by a plain list. */
  readonly returns: ReadonlySet<SearchReturn> | undefined
  readonly key: SearchKey
}

/** A sort criterion (RFC 5256, RFC 5957). */
export interface SortCriterion {
  readonly key: (typeof SORT_KEYS)[number]
  readonly isReverse: boolean
}

/** SORT and UID SORT. */
export interface SortCommand {
  readonly kind: 'sort'
  readonly isUid: boolean
  readonly returns: ReadonlySet<SearchReturn> | undefined
  /** At least one. */
  readonly criteria: readonly SortCriterion[]
  readonly key: SearchKey
}

/** THREAD and UID THREAD (RFC 5256). */
export interface ThreadCommand {
  readonly kind: 'thread'
  readonly isUid: boolean
  /** In capitals. */
  readonly algorithm: string
  readonly key: SearchKey
}

/** A charset that no text can be read in: answer NO with BADCHARSET. */
export class UnknownCharset extends Error {
  /** Whether the result was to be saved. */
  readonly isSaved: boolean

  constructor(isSaved: boolean) {
    super()
    this.isSaved = isSaved
  }
}

/** Reads what follows SEARCH. */
export function readSearch(reader: CommandReader, isUid: boolean): SearchCommand {
  const returns = readReturns(reader)
  // Texts without a charset are UTF-8, of which the US-ASCII of IMAP4rev1 is a part.
  const charset = reader.skip('CHARSET ') ? readCharset(reader) : 'utf-8'
  return { kind: 'search', isUid, returns, key: readKey(reader, charset, returns) }
}

/** Reads what follows SORT. */
export function readSort(reader: CommandReader, isUid: boolean): SortCommand {
  const returns = readReturns(reader)
  const criteria = reader.list(() => readCriterion(reader))
  reader.space()
  return { kind: 'sort', isUid, returns, criteria, key: readKey(reader, readCharset(reader), returns) }
}

/** Reads what follows THREAD. */
export function readThread(reader: CommandReader, isUid: boolean): ThreadCommand {
  const algorithm = reader.word()
  reader.space()
  return { kind: 'thread', isUid, algorithm, key: readKey(reader, readCharset(reader)) }
}

function readReturns(reader: CommandReader): ReadonlySet<SearchReturn> | undefined {
  if (!reader.skip('RETURN ')) return undefined
  const returns = new Set(reader.list(() => reader.oneOf(RETURNS, 'return option'), 0))
  reader.space()
  return returns.size === 0 ? new Set(['ALL']) : returns
}

function readCriterion(reader: CommandReader): SortCriterion {
  const isReverse = reader.skip('REVERSE ')
  return { key: reader.oneOf(SORT_KEYS, 'sort key'), isReverse }
}

function readCharset(reader: CommandReader): string {
  const charset = reader.text()
  reader.space()
  return charset
}

function readKey(reader: CommandReader, charset: string, returns?: ReadonlySet<SearchReturn>): SearchKey {
  const decode = decoderOf(charset)
  if (!decode) throw new UnknownCharset(returns?.has('SAVE') === true)
  return new SearchKeyReader(reader, octets => decode(octets) ?? reader.fail('a text is not of its charset')).all()
}

function decoderOf(charset: string): ((octets: Buffer) => string | undefined) | undefined {
  // What US-ASCII text says it says in UTF-8; clients that send more mean UTF-8.
  const decoder = findDecoder(/^us-ascii$/i.test(charset) ? 'utf-8' : charset)
  if (!decoder) return undefined
  return octets => {
    try {
      return decoder.decode(octets)
    } catch {
      return undefined
    }
  }
}

function findDecoder(charset: string) {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch {
    return undefined
  }
}
