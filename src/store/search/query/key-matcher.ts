import type { SearchKey } from '../../../formats/imap/command/arguments/search-key.ts'
import { columnTest } from './column-keys.ts'
import type { ItemTexts } from './item-texts.ts'
import type { MailboxItems, Places } from './mailbox-items.ts'
import type { SearchBudget } from './search-budget.ts'
import { matchText } from './text-keys.ts'

/** How much work a key is for each message: the cheapest come first. */
const COLUMNS = 0
const FACTS = 1
const HEADER = 2
const BODY = 3

/** What keys are compared with. */
export interface SearchedMailbox {
  readonly items: MailboxItems
  readonly texts: ItemTexts
  readonly budget: SearchBudget
  /** In ms since the epoch. */
  readonly now: number
}

/**
 * Finds the places, of some, that match. Each key looks only at what those before it have left.
 *
 * @throws {PosternError} STORE_SEARCH_TOO_LONG
 */
export function matchKey(mailbox: SearchedMailbox, key: SearchKey, among: Places): Places {
  mailbox.budget.spend()
  if (among.length === 0) return among
  switch (key.kind) {
    case 'and':
      return matchAll(mailbox, key.keys, among)
    case 'or': {
      const left = matchKey(mailbox, key.left, among)
      const right = matchKey(mailbox, key.right, without(among, left))
      return union(left, right)
    }
    case 'not':
      return without(among, matchKey(mailbox, key.key, among))
    default:
      return matchOne(mailbox, key, among)
  }
}

type SimpleKey = Exclude<SearchKey, { kind: 'and' | 'or' | 'not' }>

function matchAll(mailbox: SearchedMailbox, keys: readonly SearchKey[], among: Places): Places {
  const sorted = keys.map(key => ({ key, cost: costOf(key) })).sort((left, right) => left.cost - right.cost)
  return sorted.reduce((left, { key }) => matchKey(mailbox, key, left), among)
}

function matchOne({ items, texts, budget, now }: SearchedMailbox, key: SimpleKey, among: Places): Places {
  const test = columnTest(items, key, now)
  if (test) return among.filter(test)
  switch (key.kind) {
    case 'address':
    case 'body':
    case 'date':
    case 'header':
    case 'subject':
    case 'text':
      return matchText(texts, key, among, budget)
    default:
      throw new TypeError(`no search for ${key.kind}`) // 'numbers' are UIDs before they come here
  }
}

// Looks two levels deep: a key that is nested deeper counts as the dearest.
function costOf(key: SearchKey, depth = 0): number {
  switch (key.kind) {
    case 'and':
      return depth > 1 ? BODY : Math.max(COLUMNS, ...key.keys.map(inner => costOf(inner, depth + 1)))
    case 'or':
      return depth > 1 ? BODY : Math.max(costOf(key.left, depth + 1), costOf(key.right, depth + 1))
    case 'not':
      return depth > 1 ? BODY : costOf(key.key, depth + 1)
    case 'body':
    case 'text':
      return BODY
    case 'address':
    case 'header':
    case 'subject':
      return HEADER
    case 'date':
      return key.of === 'sent' ? FACTS : COLUMNS
    default:
      return COLUMNS
  }
}

function without(places: Places, others: Places): Places {
  if (others.length === 0) return places
  let at = 0
  return places.filter(place => {
    while (at < others.length && (others[at] ?? 0) < place) at++
    return others[at] !== place
  })
}

function union(left: Places, right: Places): Places {
  if (left.length === 0) return right
  if (right.length === 0) return left
  const both = new Uint32Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both.sort()
}
