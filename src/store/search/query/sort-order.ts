import type { SortCriterion } from '../../../formats/imap/command/arguments/search.ts'
import type { MessageFacts } from '../message-facts.ts'
import type { ItemTexts } from './item-texts.ts'
import type { MailboxItems, Places } from './mailbox-items.ts'

type SortKey = SortCriterion['key']
type Values = readonly (number | string)[]

const FACT: Readonly<Partial<Record<SortKey, keyof MessageFacts & ('cc' | 'from' | 'to' | 'subject')>>> = {
  CC: 'cc',
  FROM: 'from',
  TO: 'to',
  SUBJECT: 'subject',
}

/** Sorts places (RFC 5256 section 3, RFC 5957); what is equal stays in the order of the UIDs. */
export function sortPlaces(
  { items, texts }: { readonly items: MailboxItems; readonly texts: ItemTexts },
  places: Places,
  criteria: readonly SortCriterion[],
): number[] {
  let facts: readonly MessageFacts[] | undefined
  const factsOf = () => (facts ??= texts.facts(places))
  const columns = criteria.map(({ key, isReverse }) => {
    return { values: valuesOf(items, key, places, factsOf), sign: isReverse ? -1 : 1 }
  })
  const compare = (left: number, right: number) => {
    for (const { values, sign } of columns) {
      const [a = 0, b = 0] = [values[left], values[right]]
      if (a !== b) return a < b ? -sign : sign
    }
    return left - right
  }
  return Array.from(places.keys())
    .sort(compare)
    .map(index => places[index] ?? 0)
}

function valuesOf(items: MailboxItems, key: SortKey, places: Places, facts: () => readonly MessageFacts[]): Values {
  const fact = FACT[key]
  if (fact) return facts().map(each => each[fact])
  switch (key) {
    case 'ARRIVAL':
      return pick(items.numbers('internalDateMs'), places)
    case 'SIZE':
      return pick(items.numbers('size'), places)
    case 'DISPLAYFROM':
      return facts().map(({ displayFrom }) => displayFrom)
    case 'DISPLAYTO':
      return facts().map(({ displayTo }) => displayTo)
    default:
      return sentTimes(items, places, facts())
  }
}

/** When messages were sent; what does not say it, when it was received (RFC 5256 section 2.2). In ms since the epoch. */
export function sentTimes(items: MailboxItems, places: Places, facts: readonly MessageFacts[]): number[] {
  const received = items.numbers('internalDateMs')
  return Array.from(places, (place, index) => facts[index]?.sentMs ?? received[place] ?? 0)
}

function pick(column: readonly number[], places: Places): number[] {
  return Array.from(places, place => column[place] ?? 0)
}
