import type { SearchReturn } from '../../formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../formats/imap/command/arguments/search-key.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { Thread } from '../backend.ts'
import type { OpenMailbox } from '../open-mailbox.ts'
import { no, ok } from '../reply.ts'
import type { Wire } from '../wire.ts'
import { type CommandOf, handler, isByUid, type Request, SELECTED, selectedOf } from './handler.ts'

/** SEARCH and UID SEARCH (RFC 9051 section 6.4.4). */
export const search = handler<'search'>(
  SELECTED,
  async function* (request) {
    const { session, command } = request
    const { account, open } = selectedOf(request)
    const which = { mailbox: open.mailbox.id, uids: open.numbers.uids }
    const found = await account.search(which, withUids(command.key, open))
    if (command.returns?.has('SAVE')) open.saved = found
    const names = named(open, found, command.isUid)
    const returns = command.returns ?? (session.enabled.has('IMAP4REV2') ? ALL : undefined)
    yield returns ? extended(request, names, returns) : `* SEARCH${names.map(name => ` ${name}`).join('')}\r\n`
    return ok('done')
  },
  isByUid,
)

/** SORT and UID SORT (RFC 5256). */
export const sort = handler<'sort'>(
  SELECTED,
  async function* (request) {
    const { command } = request
    const { account, open } = selectedOf(request)
    const which = { mailbox: open.mailbox.id, uids: open.numbers.uids }
    const found = await account.sort(which, withUids(command.key, open), command.criteria)
    const names = named(open, found, command.isUid)
    if (command.returns?.has('SAVE')) open.saved = found.toSorted()
    yield command.returns
      ? extended(request, names, command.returns, true)
      : `* SORT${names.map(name => ` ${name}`).join('')}\r\n`
    return ok('done')
  },
  isByUid,
)

/** THREAD and UID THREAD (RFC 5256). */
export const thread = handler<'thread'>(
  SELECTED,
  async function* (request) {
    const { command } = request
    const { account, open } = selectedOf(request)
    if (command.algorithm !== 'REFERENCES') return no('unknown algorithm')
    const which = { mailbox: open.mailbox.id, uids: open.numbers.uids }
    const threads = await account.threads(which, withUids(command.key, open))
    const name = (uid: number) => String(command.isUid ? uid : (open.numbers.numberOf(uid) ?? ''))
    yield `* THREAD ${threads.map(each => `(${threadText(each, name)})`).join('')}\r\n`
    return ok('done')
  },
  isByUid,
)

const ALL: ReadonlySet<SearchReturn> = new Set(['ALL'])

function named({ numbers }: OpenMailbox, found: Uint32Array, isUid: boolean): number[] {
  return isUid ? [...found] : Array.from(found).flatMap(uid => numbers.numberOf(uid) ?? [])
}

// RFC 9051 section 7.3.4: nothing of MIN, MAX and ALL when nothing was found. A sorted ALL keeps its order.
function extended(
  { tag, command }: Request<CommandOf<'search' | 'sort'>>,
  names: readonly number[],
  returns: ReadonlySet<SearchReturn>,
  isSorted = false,
): Wire {
  const values: string[] = command.isUid ? ['UID'] : []
  const [first, last] = [names.at(0), names.at(-1)]
  if (first !== undefined && last !== undefined) {
    if (returns.has('MIN')) values.push(`MIN ${isSorted ? first : Math.min(first, last)}`)
    if (returns.has('MAX')) values.push(`MAX ${isSorted ? last : Math.max(first, last)}`)
    if (returns.has('ALL')) values.push(`ALL ${isSorted ? names.join(',') : UidSet.of(names)}`)
  }
  if (returns.has('COUNT')) values.push(`COUNT ${names.length}`)
  return `* ESEARCH (TAG ${quoted(tag)})${values.map(value => ` ${value}`).join('')}\r\n`
}

// A tag has neither quotes nor backslashes.
function quoted(tag: string): string {
  return `"${tag}"`
}

/** Puts UIDs in the place of message numbers and of `$`; what names no message that is there means none. */
function withUids(key: SearchKey, open: OpenMailbox): SearchKey {
  switch (key.kind) {
    case 'and':
      return { kind: 'and', keys: key.keys.map(each => withUids(each, open)) }
    case 'or':
      return { kind: 'or', left: withUids(key.left, open), right: withUids(key.right, open) }
    case 'not':
      return { kind: 'not', key: withUids(key.key, open) }
    case 'numbers':
    case 'uids': {
      const isUid = key.kind === 'uids' || key.messages.kind === 'saved'
      const uids = open.resolve(key.messages, isUid) ?? new Uint32Array()
      return { kind: 'uids', messages: { kind: 'numbers', numbers: UidSet.of(uids), fromOrLast: undefined } }
    }
    default:
      return key
  }
}

function threadText({ uids, branches }: Thread, name: (uid: number) => string): string {
  const own = uids.map(name)
  if (branches.length === 0) return own.join(' ')
  const inner = branches.map(branch => `(${threadText(branch, name)})`).join('')
  return own.length === 0 ? inner : `${own.join(' ')} ${inner}`
}
