import type { SortCriterion } from '../../formats/imap/command/arguments/search.ts'
import type { EnvelopeAddress } from '../../formats/mail/structure/part.ts'
import { headerText } from '../../formats/mail/text/header-text.ts'
import { baseSubject } from './base-subject.ts'
import type { SearchedMessage } from './searched-message.ts'

type SortValue = string | number

/** Puts messages into the order of the criteria (RFC 5256, RFC 5957); gives their UIDs. */
export function sortMessages(messages: Iterable<SearchedMessage>, criteria: readonly SortCriterion[]): Uint32Array {
  const rows = Array.from(messages, message => ({
    uid: message.item.uid,
    values: criteria.map(({ key }) => VALUES[key](message)),
  }))
  rows.sort((left, right) => {
    for (const [index, { isReverse }] of criteria.entries()) {
      const order = compare(left.values[index] ?? '', right.values[index] ?? '')
      if (order !== 0) return isReverse ? -order : order
    }
    return left.uid - right.uid
  })
  return Uint32Array.from(rows, ({ uid }) => uid)
}

const VALUES: Readonly<Record<SortCriterion['key'], (message: SearchedMessage) => SortValue>> = {
  ARRIVAL: ({ item }) => item.internalDateMs,
  CC: message => mailboxOf(message.addresses('cc')),
  DATE: message => message.sentMs,
  DISPLAYFROM: message => displayOf(message.addresses('from')),
  DISPLAYTO: message => displayOf(message.addresses('to')),
  FROM: message => mailboxOf(message.addresses('from')),
  SIZE: ({ item }) => item.size,
  SUBJECT: message => baseSubject(message.subject),
  TO: message => mailboxOf(message.addresses('to')),
}

function mailboxOf([first]: readonly EnvelopeAddress[]): string {
  return (first?.[2] ?? '').toLowerCase()
}

function displayOf([first]: readonly EnvelopeAddress[]): string {
  if (!first) return ''
  const [name, , mailbox, host] = first
  return (name ? headerText(name) : [mailbox, host].filter(Boolean).join('@')).toLowerCase()
}

function compare(left: SortValue, right: SortValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return left < right ? -1 : left > right ? 1 : 0
}
