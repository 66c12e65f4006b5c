import type { NotifyEvent, NotifyGroup, NotifySetCommand } from '../../../formats/imap/command/arguments/notify.ts'
import { type Completion, no, ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

const SUPPORTED: ReadonlyMap<NotifyEvent, string> = new Map([
  ['MESSAGENEW', 'MessageNew'],
  ['MESSAGEEXPUNGE', 'MessageExpunge'],
  ['FLAGCHANGE', 'FlagChange'],
  ['MAILBOXNAME', 'MailboxName'],
  ['SUBSCRIPTIONCHANGE', 'SubscriptionChange'],
])
const MAX_GROUPS = 100
const MAX_NAMES = 1000
const MAX_ITEMS = 100 // they are kept as long as the session
const TOO_MUCH = no('that is too much to watch', 'NOTIFICATIONOVERFLOW')

/**
 * NOTIFY SET (RFC 5465 section 3.1). All that has happened in the open mailbox is told after it, whatever is asked for: it is
 * a NOOP as well.
 */
export async function* notifySet(command: NotifySetCommand, { state }: Turn<Authenticated | Selected>): Answer {
  const { groups } = command
  if (groups.some(({ events }) => [...events].some(event => !SUPPORTED.has(event)))) {
    return no('one of the events is never told', `BADEVENT (${[...SUPPORTED.values()].join(' ')})`)
  }
  if (isTooMuch(groups)) return TOO_MUCH
  if (groups.some(({ items }) => items.some(item => item.kind === 'plain' && item.name === 'MODSEQ'))) {
    yield* enableCondstore(state)
  }
  const openId = state.kind === 'selected' ? state.open.id : undefined
  const begun = yield* state.events.begin(command, { account: state.account, dialect: state.dialect, openId })
  if (begun === 'too-many') return TOO_MUCH
  if (state.kind === 'selected') state.open.isStale = true
  return ok('you will be told')
}

/** NOTIFY NONE: from now on, not even NOOP tells anything. */
export function notifyNone(_command: unknown, { state }: Turn<Authenticated | Selected>): Completion {
  state.events.end()
  return ok('nothing will be told')
}

function isTooMuch(groups: readonly NotifyGroup[]): boolean {
  const names = groups.reduce((sum, { mailboxes }) => sum + mailboxes.length, 0)
  return groups.length > MAX_GROUPS || names > MAX_NAMES || groups.some(({ items }) => items.length > MAX_ITEMS)
}
