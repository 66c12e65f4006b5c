import type { SearchKey } from '../../../formats/imap/command/arguments/search-key.ts'
import { packFlags } from '../../flags.ts'
import { emailIdOf } from '../email-id.ts'
import type { MailboxItems } from './mailbox-items.ts'

const DAY_MS = 86_400_000

/** Tells whether the item at a place matches. */
export type PlaceTest = (place: number) => boolean

type KeyOf<Kind extends SearchKey['kind']> = Extract<SearchKey, { kind: Kind }>

/** Makes the test for a key that asks for what the store's rows say; undefined for any other key. `now` in ms since the epoch. */
export function columnTest(items: MailboxItems, key: SearchKey, now: number): PlaceTest | undefined {
  switch (key.kind) {
    case 'all':
    case 'save-date-supported':
      return always
    case 'recent': // IMAP4rev2 has no such flag, and we keep none
    case 'thread-id':
      return never
    case 'uids':
      return uidTest(items, key)
    case 'flag':
      return flagTest(items, key.flag)
    case 'date':
      return key.of === 'sent' ? undefined : storedDateTest(items, key)
    case 'older':
    case 'younger':
      return ageTest(items, key, now)
    case 'larger':
    case 'smaller':
      return sizeTest(items, key)
    case 'modseq':
      return modseqTest(items, key.modseq)
    case 'email-id':
      return emailIdTest(items, key.id)
    default:
      return undefined
  }
}

/** Makes the test that compares days. */
export function dayTest({ relation, dayMs }: KeyOf<'date'>): (day: number) => boolean {
  if (relation === 'on') return day => day === dayMs
  return relation === 'before' ? day => day < dayMs : day => day >= dayMs
}

function always(): boolean {
  return true
}

function never(): boolean {
  return false
}

function uidTest({ uids }: MailboxItems, { messages }: KeyOf<'uids' | 'numbers'>): PlaceTest {
  if (messages.kind === 'saved' || messages.fromOrLast !== undefined) throw new TypeError('a set is not resolved')
  return place => messages.numbers.has(uids[place] ?? 0)
}

function flagTest(items: MailboxItems, flag: string): PlaceTest {
  const { bits, keywords } = packFlags([flag])
  if (bits !== 0) {
    const column = items.numbers('bits')
    return place => ((column[place] ?? 0) & bits) !== 0
  }
  const column = items.texts('keywords')
  const wanted = ` ${keywords.toLowerCase()} `
  return place => column[place] !== '' && ` ${column[place]?.toLowerCase()} `.includes(wanted)
}

function storedDateTest(items: MailboxItems, key: KeyOf<'date'>): PlaceTest {
  const [column, test] = [items.numbers(key.of === 'saved' ? 'savedDateMs' : 'internalDateMs'), dayTest(key)]
  return place => test(Math.floor((column[place] ?? 0) / DAY_MS) * DAY_MS)
}

// RFC 5032 section 3.
function ageTest(items: MailboxItems, { kind, seconds }: KeyOf<'older' | 'younger'>, now: number): PlaceTest {
  const [column, limit] = [items.numbers('internalDateMs'), now - seconds * 1000]
  return place => (column[place] ?? 0) <= limit === (kind === 'older')
}

function sizeTest(items: MailboxItems, { kind, octets }: KeyOf<'larger' | 'smaller'>): PlaceTest {
  const column = items.numbers('size')
  return kind === 'larger' ? place => (column[place] ?? 0) > octets : place => (column[place] ?? 0) < octets
}

function modseqTest(items: MailboxItems, modseq: bigint): PlaceTest {
  const [column, least] = [items.numbers('modseq'), Number(modseq)]
  return place => (column[place] ?? 0) >= least
}

function emailIdTest(items: MailboxItems, wanted: string): PlaceTest {
  const [ids, wholes, hashes] = [items.numbers('id'), items.numbers('isWhole'), items.texts('sha256')]
  return place => {
    const row = { id: ids[place] ?? 0, isWhole: wholes[place] === 1, hash: hashes[place] ?? '' }
    return emailIdOf(row) === wanted
  }
}
