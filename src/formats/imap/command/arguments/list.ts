import type { CommandReader } from '../command-reader.ts'
import { readMailbox, readMailboxPattern } from './mailbox.ts'

const STATUS_ITEMS = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED',
  'DELETED-STORAGE',
  'SIZE',
  'HIGHESTMODSEQ',
  'MAILBOXID',
  'APPENDLIMIT',
] as const
const SELECT_OPTIONS = ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'] as const
const RETURN_OPTIONS = ['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS'] as const

/** A status data item (RFC 9051 section 6.3.11, RFC 7162, RFC 7889, RFC 8438, RFC 8474, RFC 9208). */
export type StatusItem = (typeof STATUS_ITEMS)[number]
/** A selection option of LIST (RFC 5258, RFC 6154). */
export type ListSelectOption = (typeof SELECT_OPTIONS)[number]
/** A return option of LIST (RFC 5258, RFC 6154, RFC 5819). */
export type ListReturnOption = (typeof RETURN_OPTIONS)[number]

/** LIST (RFC 9051 section 6.3.9). */
export interface ListCommand {
  readonly kind: 'list'
  readonly reference: string
  /** At least one. */
  readonly patterns: readonly string[]
  /** Whether it is of the extended form: then an empty pattern does not ask for the hierarchy delimiter. */
  readonly isExtended: boolean
  readonly select: ReadonlySet<ListSelectOption>
  readonly returns: ReadonlySet<ListReturnOption>
  /** What STATUS among the return options asks for; else empty. */
  readonly status: readonly StatusItem[]
}

/** LSUB (RFC 3501 section 6.3.9). */
export interface LsubCommand {
  readonly kind: 'lsub'
  readonly reference: string
  readonly pattern: string
}

/** STATUS. */
export interface StatusCommand {
  readonly kind: 'status'
  readonly mailbox: string
  readonly items: readonly StatusItem[]
}

/** Reads what follows LIST. */
export function readList(reader: CommandReader): ListCommand {
  const hasSelect = reader.next === '('
  const select = new Set(hasSelect ? readSelectOptions(reader) : [])
  const reference = readMailbox(reader)
  reader.space()
  const hasPatterns = reader.next === '('
  const patterns = hasPatterns ? reader.list(() => readMailboxPattern(reader)) : [readMailboxPattern(reader)]
  const hasReturn = reader.skip(' RETURN ')
  const { returns, status } = hasReturn ? readReturnOptions(reader) : { returns: new Set<never>(), status: [] }
  const isExtended = hasSelect || hasPatterns || hasReturn
  return { kind: 'list', reference, patterns, isExtended, select, returns, status }
}

function readSelectOptions(reader: CommandReader): readonly ListSelectOption[] {
  const options = reader.list(() => reader.oneOf(SELECT_OPTIONS, 'selection option of LIST'), 0)
  reader.space()
  const isBase = (option: ListSelectOption) => option === 'SUBSCRIBED' || option === 'SPECIAL-USE'
  if (options.includes('RECURSIVEMATCH') && !options.some(isBase)) {
    reader.fail('RECURSIVEMATCH needs another option') // RFC 5258 section 3.1
  }
  return options
}

function readReturnOptions(reader: CommandReader): Pick<ListCommand, 'returns' | 'status'> {
  let status: readonly StatusItem[] = []
  const returns = reader.list(() => {
    const option = reader.oneOf(RETURN_OPTIONS, 'return option of LIST')
    if (option !== 'STATUS') return option
    reader.space()
    status = readStatusItems(reader)
    return option
  }, 0)
  return { returns: new Set(returns), status }
}

/** Reads what follows LSUB. */
export function readLsub(reader: CommandReader): LsubCommand {
  const reference = readMailbox(reader)
  reader.space()
  return { kind: 'lsub', reference, pattern: readMailboxPattern(reader) }
}

/** Reads what follows STATUS. */
export function readStatus(reader: CommandReader): StatusCommand {
  const mailbox = readMailbox(reader)
  reader.space()
  return { kind: 'status', mailbox, items: readStatusItems(reader) }
}

function readStatusItems(reader: CommandReader): readonly StatusItem[] {
  return [...new Set(reader.list(() => reader.oneOf(STATUS_ITEMS, 'data item of STATUS')))]
}
