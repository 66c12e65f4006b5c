import type { CommandReader } from '../command-reader.ts'
import { type FetchItem, readFetchItem } from './fetch.ts'
import { readMailbox } from './mailbox.ts'

const EVENTS = [
  'MESSAGENEW',
  'MESSAGEEXPUNGE',
  'FLAGCHANGE',
  'ANNOTATIONCHANGE',
  'MAILBOXNAME',
  'SUBSCRIPTIONCHANGE',
  'MAILBOXMETADATACHANGE',
  'SERVERMETADATACHANGE',
] as const
const FILTERS = ['SELECTED', 'SELECTED-DELAYED', 'INBOXES', 'PERSONAL', 'SUBSCRIBED', 'SUBTREE', 'MAILBOXES'] as const

/** An event a client wants to be told of (RFC 5465 section 5), in capitals. */
export type NotifyEvent = (typeof EVENTS)[number]

/** Events of some mailboxes. */
export interface NotifyGroup {
  readonly filter: (typeof FILTERS)[number]
  /** Of SUBTREE and MAILBOXES; else empty. */
  readonly mailboxes: readonly string[]
  /** Empty for NONE. */
  readonly events: ReadonlySet<NotifyEvent>
  /** What MESSAGENEW of the selected mailbox is to tell; else empty. */
  readonly items: readonly FetchItem[]
}

/** NOTIFY (RFC 5465). */
export type NotifyCommand =
  | { readonly kind: 'notify-none' }
  | {
      readonly kind: 'notify-set'
      /** Whether the client wants a STATUS of each mailbox first. */
      readonly isStatus: boolean
      readonly groups: readonly NotifyGroup[]
    }

/** Reads what follows NOTIFY. */
export function readNotify(reader: CommandReader): NotifyCommand {
  if (reader.oneOf(['NONE', 'SET'], 'form of NOTIFY') === 'NONE') return { kind: 'notify-none' }
  const isStatus = reader.skip(' STATUS')
  const groups: NotifyGroup[] = []
  do {
    reader.space()
    groups.push(readGroup(reader))
  } while (reader.next === ' ')
  return { kind: 'notify-set', isStatus, groups }
}

function readGroup(reader: CommandReader): NotifyGroup {
  reader.expect('(')
  const filter = reader.oneOf(FILTERS, 'filter of NOTIFY')
  reader.space()
  const mailboxes = filter === 'SUBTREE' || filter === 'MAILBOXES' ? readMailboxes(reader) : []
  const group = { filter, mailboxes, ...readEvents(reader) }
  reader.expect(')')
  return group
}

function readMailboxes(reader: CommandReader): readonly string[] {
  const mailboxes = reader.next === '(' ? reader.list(() => readMailbox(reader)) : [readMailbox(reader)]
  reader.space()
  return mailboxes
}

function readEvents(reader: CommandReader): Pick<NotifyGroup, 'events' | 'items'> {
  if (reader.skip('NONE')) return { events: new Set(), items: [] }
  let items: readonly FetchItem[] = []
  const events = reader.list(() => {
    const event = reader.oneOf(EVENTS, 'event of NOTIFY')
    if (event === 'MESSAGENEW' && reader.skip(' (')) items = readItems(reader)
    return event
  })
  return { events: new Set(events), items }
}

function readItems(reader: CommandReader): readonly FetchItem[] {
  const items: FetchItem[] = []
  do items.push(readFetchItem(reader))
  while (reader.skip(' '))
  reader.expect(')')
  return items
}
