import type { NotifyEvent, NotifyGroup } from '../../formats/imap/command/arguments/notify.ts'
import { pathsAbove } from '../mailbox/mailbox-tree.ts'

/** What a filter looks at. */
export interface FilteredMailbox {
  readonly path: string
  readonly delimiter: string | undefined
  readonly isSubscribed: boolean
}

/** The mailboxes of which an event is wanted. */
interface Wanted {
  isAll: boolean
  isSubscribed: boolean
  readonly names: Set<string>
  /** With all that is below them. */
  readonly subtrees: Set<string>
}

/** Finds out which events of which mailboxes a client wants to be told of, those of messages of the open one left out. */
export class NotifyFilter {
  /** What many groups ask for is joined: each mailbox of thousands is looked up once for an event. */
  readonly #wanted = new Map<NotifyEvent, Wanted>()

  /** `groups` are those that are not of the selected mailbox. Several may be of one mailbox (RFC 5465 section 6). */
  constructor(groups: readonly NotifyGroup[]) {
    for (const group of groups) {
      for (const event of group.events) join(this.#wantedOf(event), group)
    }
  }

  /** Whether no event of any mailbox is wanted. */
  get isEmpty(): boolean {
    return this.#wanted.size === 0
  }

  has(event: NotifyEvent, mailbox: FilteredMailbox): boolean {
    const wanted = this.#wanted.get(event)
    if (!wanted) return false
    const { isAll, isSubscribed, names, subtrees } = wanted
    if (isAll || (isSubscribed && mailbox.isSubscribed) || names.has(mailbox.path)) return true
    return subtrees.size > 0 && [mailbox.path, ...pathsAbove(mailbox)].some(path => subtrees.has(path))
  }

  #wantedOf(event: NotifyEvent): Wanted {
    const wanted = this.#wanted.get(event) ?? {
      ...{ isAll: false, isSubscribed: false, names: new Set<string>(), subtrees: new Set<string>() },
    }
    this.#wanted.set(event, wanted)
    return wanted
  }
}

function join(wanted: Wanted, { filter, mailboxes }: NotifyGroup): void {
  switch (filter) {
    case 'SUBSCRIBED':
      wanted.isSubscribed = true
      return
    case 'MAILBOXES':
      for (const name of mailboxes) wanted.names.add(name)
      return
    case 'SUBTREE':
      for (const name of mailboxes) wanted.subtrees.add(name)
      return
    // Any mailbox may be one that mail is delivered to: INBOXES is PERSONAL then (section 6.3).
    default:
      wanted.isAll = true
  }
}
