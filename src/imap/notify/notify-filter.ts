import type { NotifyEvent, NotifyGroup } from '../../formats/imap/command/arguments/notify.ts'
import { pathsAbove } from '../mailbox/mailbox-tree.ts'

/** What a filter looks at. */
export interface FilteredMailbox {
  readonly path: string
  readonly delimiter: string | undefined
  readonly isSubscribed: boolean
}

interface Rule {
  readonly filter: NotifyGroup['filter']
  readonly names: ReadonlySet<string>
  readonly events: ReadonlySet<NotifyEvent>
}

/** Finds out which events of which mailboxes a client wants to be told of, those of messages of the open one left out. */
export class NotifyFilter {
  readonly #rules: readonly Rule[]

  /** `groups` are those that are not of the selected mailbox. Several may be of one mailbox (RFC 5465 section 6). */
  constructor(groups: readonly NotifyGroup[]) {
    this.#rules = groups
      .filter(({ events }) => events.size > 0)
      .map(({ filter, mailboxes, events }) => ({ filter, names: new Set(mailboxes), events }))
  }

  /** Whether no event of any mailbox is wanted. */
  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  has(event: NotifyEvent, mailbox: FilteredMailbox): boolean {
    return this.#rules.some(rule => rule.events.has(event) && isOf(rule, mailbox))
  }
}

function isOf({ filter, names }: Rule, mailbox: FilteredMailbox): boolean {
  switch (filter) {
    case 'SUBSCRIBED':
      return mailbox.isSubscribed
    case 'MAILBOXES':
      return names.has(mailbox.path)
    case 'SUBTREE':
      return names.has(mailbox.path) || [...pathsAbove(mailbox)].some(path => names.has(path))
    // Any mailbox may be one that mail is delivered to: INBOXES is PERSONAL then (section 6.3).
    default:
      return true
  }
}
