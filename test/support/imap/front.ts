import { type ImapOptions, serveImap } from '../../../src/imap/connection.ts'
import type { FrontConnection } from '../../../src/net/front-connection.ts'
import type { SignInAttempt, SignInResult } from '../../../src/sasl/sign-in.ts'
import { MemoryAccount } from './memory-account.ts'

/** The one local password. */
export const PASSWORD = 'correct horse'

/** An account with an inbox of three messages, and some folders. */
export function someAccount(): MemoryAccount {
  const account = new MemoryAccount()
  const inbox = account.add('INBOX', 'inbox')
  inbox.put({ octets: 'Subject: b\r\n\r\none\r\n', flags: ['\\Seen'] })
  inbox.put({ octets: 'Subject: a\r\n\r\nthe second\r\n' })
  inbox.put({ octets: 'Subject: c\r\n\r\nthird\r\n', flags: ['\\Flagged', 'work'] })
  account.add('Sent', 'sent')
  account.add('Projects/2026/Büro')
  return account
}

/** Knows the user ada, and a user early whose secrets are not loaded yet. */
export async function signIn(attempt: SignInAttempt): Promise<SignInResult> {
  if (attempt.user === 'early') return { kind: 'unavailable' }
  const isRight = attempt.kind === 'digest' ? attempt.matches(PASSWORD) : attempt.password === PASSWORD
  return attempt.user === 'ada' && isRight ? { kind: 'accepted', profile: 'work' } : { kind: 'refused' }
}

/** Options of a front that waits for nobody. */
export function memoryFront(account: MemoryAccount = someAccount()): ImapOptions {
  return { backend: { signIn, account: () => account }, delay: async () => undefined, appendLimitOctets: 1000 }
}

/** Serves a session on an account. */
export function serveAccount(account?: MemoryAccount): (connection: FrontConnection) => Promise<void> {
  return connection => serveImap(connection, memoryFront(account))
}
