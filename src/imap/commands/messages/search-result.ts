import type { SearchReturn } from '../../../formats/imap/command/arguments/search.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import type { OpenMailbox } from '../../mailbox/open-mailbox.ts'

/** What a SEARCH or SORT has found, in its order. */
export interface SearchResult {
  readonly tag: string
  readonly isUid: boolean
  readonly returns: ReadonlySet<SearchReturn>
  /** Message numbers, or UIDs with `isUid`. */
  readonly names: readonly number[]
  /** The highest mod-sequence of what the answer is about, if that was asked for. */
  readonly modseq: number | undefined
}

/** Writes an ESEARCH response (RFC 9051 section 7.3.4); none when only SAVE was asked for (section 6.4.4.1). */
export function esearchResponse({ tag, isUid, returns, names, modseq }: SearchResult): string {
  if (returns.size === 1 && returns.has('SAVE')) return ''
  const isFound = names.length > 0
  const items = [
    ...(isUid ? ['UID'] : []),
    ...(returns.has('MIN') && isFound ? [`MIN ${names[0]}`] : []),
    ...(returns.has('MAX') && isFound ? [`MAX ${names.at(-1)}`] : []),
    ...(returns.has('ALL') && isFound ? [`ALL ${setInOrder(names)}`] : []),
    ...(returns.has('COUNT') ? [`COUNT ${names.length}`] : []),
    ...(modseq === undefined ? [] : [`MODSEQ ${modseq}`]),
  ]
  return `* ESEARCH (TAG "${tag}")${items.map(item => ` ${item}`).join('')}\r\n`
}

/** Keeps what was found for `$` (RFC 9051 section 6.4.4.4): the ends alone, when only those were asked for. */
export function saveResult(open: OpenMailbox, returns: ReadonlySet<SearchReturn>, uids: Uint32Array): void {
  if (returns.has('SAVE')) open.saved = UidSet.of(askedFor(returns, uids))
}

/** Those of the messages that an answer is about: the ends alone, when only those were asked for. */
export function askedFor(returns: ReadonlySet<SearchReturn>, uids: Uint32Array): Uint32Array {
  if (returns.has('ALL') || returns.has('COUNT') || (!returns.has('MIN') && !returns.has('MAX'))) return uids
  return Uint32Array.of(...(returns.has('MIN') ? uids.slice(0, 1) : []), ...(returns.has('MAX') ? uids.slice(-1) : []))
}

/** Writes numbers as a sequence-set that names them in this order (RFC 5267 section 3). */
function setInOrder(numbers: readonly number[]): string {
  const parts: [first: number, last: number][] = []
  for (const number of numbers) {
    const last = parts.at(-1)
    if (last && number === last[1] + 1) last[1] = number
    else parts.push([number, number])
  }
  return parts.map(([first, last]) => (first === last ? String(first) : `${first}:${last}`)).join(',')
}
