import type { SearchCommand, SearchReturn, SortCommand } from '../../../formats/imap/command/arguments/search.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import { ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import type { Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'
import { askedFor, esearchResponse, saveResult } from './search-result.ts'
import { uidSearchKey, usesModseq } from './uid-search-key.ts'

const ALL: ReadonlySet<SearchReturn> = new Set(['ALL'])

/** SEARCH and UID SEARCH (RFC 9051 section 6.4.4). */
export async function* search(command: SearchCommand, turn: Turn<Selected>): Answer {
  // IMAP4rev2 has no plain list any more.
  const isPlain = command.returns === undefined && !turn.state.dialect.isRev2
  yield* find(command, turn, isPlain ? '* SEARCH' : undefined)
  return ok('searched')
}

/** SORT and UID SORT (RFC 5256, RFC 5267). */
export async function* sort(command: SortCommand, turn: Turn<Selected>): Answer {
  yield* find(command, turn, command.returns === undefined ? '* SORT' : undefined)
  return ok('sorted')
}

/** Finds messages; answers by a plain list if it has a name, else by ESEARCH. */
async function* find(command: SearchCommand | SortCommand, { tag, state }: Turn<Selected>, plain: string | undefined) {
  const { account, open } = state
  const { isUid, returns = ALL } = command
  const hasModseq = usesModseq(command.key)
  const key = uidSearchKey(command.key, open)
  if (hasModseq) yield* enableCondstore(state)
  if (returns.has('SAVE')) open.saved = UidSet.EMPTY // stays so if the search is refused
  const which = { mailbox: open.id, uids: open.allUids }
  const found = await (command.kind === 'sort'
    ? account.sort(which, key, command.criteria)
    : account.search(which, key))
  saveResult(open, returns, found)
  const names = open.named(found, isUid)
  const modseq = hasModseq && names.length > 0 ? await highestModseq(state, askedFor(returns, found)) : undefined
  if (plain === undefined) yield esearchResponse({ tag, isUid, returns, names, modseq })
  else yield `${[plain, ...names].join(' ')}${modseq === undefined ? '' : ` (MODSEQ ${modseq})`}\r\n`
}

// RFC 4731 section 3.2
async function highestModseq({ account, open }: Selected, found: Uint32Array): Promise<number> {
  let highest = 1
  const uids = found.toSorted()
  for await (const page of account.messages({ mailbox: open.id, uids, facts: ['modseq'] })) {
    for (const { modseq } of page) highest = Math.max(highest, modseq)
  }
  return highest
}
