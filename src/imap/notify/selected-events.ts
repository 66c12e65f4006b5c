import type { FetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { isOfSelected, type NotifyGroup } from '../../formats/imap/command/arguments/notify.ts'

/** What a client wants to hear of the messages of its open mailbox, whichever that is (RFC 5465 section 6.1). */
export interface SelectedEvents {
  /** `numbers`: messages that come and go, and nothing of flags. */
  readonly extent: 'none' | 'numbers' | 'all'
  /** Whether messages keep their numbers until a command allows otherwise. */
  readonly isDelayed: boolean
  /** What is told of new messages. */
  readonly items: readonly FetchItem[]
}

/** What is told to a client that has never said NOTIFY. */
export const BY_COMMANDS: SelectedEvents = { extent: 'all', isDelayed: true, items: [] }

/** Finds what is told to a client that has said NOTIFY: nothing without a group of the selected mailbox. */
export function selectedEventsOf(groups: readonly NotifyGroup[]): SelectedEvents {
  const group = groups.find(isOfSelected)
  const withFlags = group?.events.has('FLAGCHANGE') ? 'all' : 'numbers'
  return {
    extent: group?.events.has('MESSAGENEW') ? withFlags : 'none',
    isDelayed: group?.filter !== 'SELECTED',
    items: group?.items ?? [],
  }
}
