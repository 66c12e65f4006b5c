import { ImapClient } from '../../support/imap/client.ts'
import { serveAccount, someAccount } from '../../support/imap/front.ts'
import type { MemoryAccount } from '../../support/imap/memory-account.ts'
import type { MemoryMailbox } from '../../support/imap/memory-mailbox.ts'

/** A client that has said some commands, on an account that others change. */
export interface Notified {
  readonly account: MemoryAccount
  readonly client: ImapClient
  readonly inbox: MemoryMailbox
  readonly sent: MemoryMailbox
  /** Says that something has changed in a mailbox; without one, in the list of them. */
  readonly tell: (box?: MemoryMailbox) => void
}

/** Signs in, and says commands. */
export async function notified(...commands: readonly string[]): Promise<Notified> {
  const account = someAccount()
  const [inbox, sent] = account.boxes
  if (!inbox || !sent) throw new Error('a mailbox is missing')
  const client = await ImapClient.signedIn(serveAccount(account))
  for (const command of commands) {
    const answer = await client.command(command)
    if (!/^t\d+ OK /m.test(answer)) throw new Error(answer)
  }
  const tell = (box?: MemoryMailbox) => account.tell(box ? { kind: 'mailbox', mailbox: box.id } : { kind: 'mailboxes' })
  return { account, client, inbox, sent, tell }
}

/** Lets a session say all that it has to say by now. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
}
