import type { CommandReader } from '../command-reader.ts'
import { type FetchItem, readFetchItem } from './fetch.ts'
import { readMailbox } from './mailbox.ts'

const MESSAGE_EVENTS = ['MESSAGENEW', 'MESSAGEEXPUNGE', 'FLAGCHANGE', 'ANNOTATIONCHANGE'] as const
const OTHER_EVENTS = ['MAILBOXNAME', 'SUBSCRIPTIONCHANGE', 'MAILBOXMETADATACHANGE', 'SERVERMETADATACHANGE'] as const
const FILTERS = ['SELECTED', 'SELECTED-DELAYED', 'INBOXES', 'PERSONAL', 'SUBSCRIBED', 'SUBTREE', 'MAILBOXES'] as const

/** An event a client wants to be told of (RFC 5465 section 5), in capitals; `OTHER` for one that no RFC knew. */
export type NotifyEvent = (typeof MESSAGE_EVENTS)[number] | (typeof OTHER_EVENTS)[number] | 'OTHER'

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

/** NOTIFY NONE (RFC 5465 section 3.1). */
export interface NotifyNoneCommand {
  readonly kind: 'notify-none'
}

/** NOTIFY SET (RFC 5465 section 3.1). At most one group is of the selected mailbox. */
export interface NotifySetCommand {
  readonly kind: 'notify-set'
  /** Whether the client wants a STATUS of each mailbox first. */
  readonly isStatus: boolean
  readonly groups: readonly NotifyGroup[]
}

/** NOTIFY (RFC 5465). */
export type NotifyCommand = NotifyNoneCommand | NotifySetCommand

/** Reads what follows NOTIFY. */
export function readNotify(reader: CommandReader): NotifyCommand {
  if (reader.oneOf(['NONE', 'SET'], 'form of NOTIFY') === 'NONE') return { kind: 'notify-none' }
  const isStatus = reader.skip(' STATUS')
  const groups: NotifyGroup[] = []
  do {
    reader.space()
    groups.push(readGroup(reader))
  } while (reader.next === ' ')
  if (groups.filter(isOfSelected).length > 1) reader.fail('only one group can be of the selected mailbox') // section 6.1
  return { kind: 'notify-set', isStatus, groups }
}

/** Tells whether a group is of whichever mailbox is open (RFC 5465 section 6.1). */
export function isOfSelected({ filter }: Pick<NotifyGroup, 'filter'>): boolean {
  return filter === 'SELECTED' || filter === 'SELECTED-DELAYED'
}

function readGroup(reader: CommandReader): NotifyGroup {
  reader.expect('(')
  const filter = reader.oneOf(FILTERS, 'filter of NOTIFY')
  reader.space()
  const mailboxes = filter === 'SUBTREE' || filter === 'MAILBOXES' ? readMailboxes(reader) : []
  const group = { filter, mailboxes, ...readEvents(reader, isOfSelected({ filter })) }
  reader.expect(')')
  return group
}

function readMailboxes(reader: CommandReader): readonly string[] {
  const mailboxes = reader.next === '(' ? reader.list(() => readMailbox(reader)) : [readMailbox(reader)]
  reader.space()
  return mailboxes
}

function readEvents(reader: CommandReader, isSelected: boolean): Pick<NotifyGroup, 'events' | 'items'> {
  if (reader.skip('NONE')) return { events: new Set(), items: [] }
  let items: readonly FetchItem[] = []
  const events = reader.list(() => {
    const event = eventOf(reader.atom().toUpperCase())
    if (event === 'MESSAGENEW' && isSelected && reader.skip(' (')) items = readItems(reader) // only there: section 8
    return event
  })
  assertTogether(reader, new Set(events), isSelected)
  return { events: new Set(events), items }
}

function eventOf(name: string): NotifyEvent {
  return [...MESSAGE_EVENTS, ...OTHER_EVENTS].find(event => event === name) ?? 'OTHER'
}

/** Which events go together (RFC 5465 sections 5 and 6.1). */
function assertTogether(reader: CommandReader, events: ReadonlySet<NotifyEvent>, isSelected: boolean): void {
  const isNew = events.has('MESSAGENEW')
  if (isNew !== events.has('MESSAGEEXPUNGE')) reader.fail('MessageNew and MessageExpunge go together')
  if (!isNew && (events.has('FLAGCHANGE') || events.has('ANNOTATIONCHANGE'))) {
    reader.fail('MessageNew and MessageExpunge are missing')
  }
  if (isSelected && OTHER_EVENTS.some(event => events.has(event))) {
    reader.fail('the selected mailbox has events of messages only')
  }
}

function readItems(reader: CommandReader): readonly FetchItem[] {
  const items: FetchItem[] = []
  do items.push(readFetchItem(reader))
  while (reader.skip(' '))
  reader.expect(')')
  return items
}
