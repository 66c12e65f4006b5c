import { UidSet } from '../../formats/imap/uid-set.ts'
import { unpackFlags } from '../flags.ts'
import type { StoreReader } from '../reader.ts'
import type { PlainKey } from './plain-key.ts'
import { SearchedMessage } from './searched-message.ts'

const PAGE_ROWS = 500

/** Messages of a folder by their local UIDs, ascending. */
export interface SearchedMessages {
  readonly folder: number
  readonly uids: Uint32Array
}

/** Finds the messages that match, in their order.  */
export function* findMatches(
  store: StoreReader,
  { folder, uids }: SearchedMessages,
  { key, nowMs }: { readonly key: PlainKey; readonly nowMs: number },
): Generator<SearchedMessage> {
  const matches = matcherOf(key, nowMs)
  for (let at = 0; at < uids.length; at += PAGE_ROWS) {
    for (const item of store.mailboxes.items(folder, uids.subarray(at, at + PAGE_ROWS))) {
      const message = new SearchedMessage(store, item)
      if (matches(message)) yield message
    }
  }
}

type Matcher = (message: SearchedMessage) => boolean

/** What costs reading the message comes last: the others have spared it to most. */
const COSTS: Readonly<Partial<Record<PlainKey['kind'], number>>> = {
  ...{ address: 1, subject: 1, header: 1, date: 1, and: 2, or: 2, not: 2, body: 3, text: 3 },
}

function costOf(key: PlainKey): number {
  return key.kind === 'date' && key.of === 'internal' ? 0 : (COSTS[key.kind] ?? 0)
}

function matcherOf(key: PlainKey, nowMs: number): Matcher {
  switch (key.kind) {
    case 'and': {
      const all = key.keys.toSorted((left, right) => costOf(left) - costOf(right)).map(each => matcherOf(each, nowMs))
      return message => all.every(matches => matches(message))
    }
    case 'or': {
      const [left, right] = [key.left, key.right]
        .toSorted((a, b) => costOf(a) - costOf(b))
        .map(each => matcherOf(each, nowMs))
      return message => left?.(message) === true || right?.(message) === true
    }
    case 'not': {
      const matches = matcherOf(key.key, nowMs)
      return message => !matches(message)
    }
    case 'older':
      return ({ item }) => item.internalDateMs <= nowMs - key.seconds * 1000
    case 'younger':
      return ({ item }) => item.internalDateMs >= nowMs - key.seconds * 1000
    default:
      return simpleMatcher(key)
  }
}

type SimpleKey = Exclude<PlainKey, { readonly kind: 'and' | 'or' | 'not' | 'older' | 'younger' }>

function simpleMatcher(key: SimpleKey): Matcher {
  switch (key.kind) {
    case 'all':
      return () => true
    case 'recent':
    case 'save-date-supported':
    case 'thread-id':
      return () => false
    case 'uids': {
      const uids = UidSet.ofRanges(key.ranges)
      return ({ item }) => uids.has(item.uid)
    }
    case 'flag': {
      const wanted = key.flag.toLowerCase()
      return ({ item }) => unpackFlags(item.flags).some(flag => flag.toLowerCase() === wanted)
    }
    case 'larger':
      return ({ item }) => item.size > key.octets
    case 'smaller':
      return ({ item }) => item.size < key.octets
    case 'modseq':
      return ({ item }) => BigInt(item.modseq) >= key.modseq
    case 'email-id':
      return ({ item }) => `E${item.id}` === key.id
    case 'date':
      return dateMatcher(key)
    default:
      return textMatcher(key)
  }
}

function dateMatcher({ of, relation, dayMs }: PlainKey & { kind: 'date' }): Matcher {
  return message => {
    if (of === 'saved') return false // nobody notes it
    const day = of === 'internal' ? message.arrivalDayMs : message.sentDayMs
    if (day === undefined) return false
    if (relation === 'on') return day === dayMs
    return relation === 'before' ? day < dayMs : day >= dayMs
  }
}

type TextKey = PlainKey & { readonly kind: 'address' | 'subject' | 'header' | 'body' | 'text' }

function textMatcher(key: TextKey): Matcher {
  const wanted = folded(key.text)
  const isIn = (text: string) => folded(text).includes(wanted)
  switch (key.kind) {
    case 'address':
      return message => message.addressTexts(key.field).some(isIn)
    case 'subject':
      return message => message.field('Subject').some(isIn)
    case 'header':
      return message => message.field(key.field).some(isIn)
    case 'body':
      return message => isIn(message.bodyText)
    case 'text':
      return message => isIn(message.headerText) || isIn(message.bodyText)
  }
}

/** Case, and the ways to write the same letter, do not count. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}
