import { type Done, no } from '../completion.ts'
import type { OpenMailbox } from './open-mailbox.ts'

/** Refuses a change in a mailbox that is open read-only, and says why where no EXAMINE is the reason. */
export function readOnlyRefusal({ mailbox }: OpenMailbox): Done {
  return no(mailbox.readOnlyReason ?? 'the mailbox is open read-only', 'NOPERM')
}
