import t from 'tap'
import type { Thread } from '../../src/imap/backend.ts'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount, someAccount } from '../support/imap/front.ts'

async function threadsOf(threads: readonly Thread[]): Promise<string | undefined> {
  const account = someAccount()
  for (let count = 0; count < 5; count++) account.boxes[0]?.put()
  account.threadsFound = threads
  const client = await ImapClient.signedIn(serveAccount(account))
  await client.command('SELECT INBOX')
  const text = await client.command('UID THREAD REFERENCES UTF-8 ALL')
  await client.end()
  return /^\* THREAD ?(.*)\r$/m.exec(text)?.[1]
}

const alone = (...uids: number[]): Thread => ({ uids, branches: [] })

// The examples of RFC 5256 section 4.
t.test('threads are written as the RFC does', async t => {
  t.equal(await threadsOf([]), '')
  t.equal(await threadsOf([alone(2), { uids: [3, 6], branches: [alone(4, 8), alone(1, 7)] }]), '(2)(3 6 (4 8)(1 7))')
  t.equal(await threadsOf([{ uids: [], branches: [alone(3), alone(5)] }]), '((3)(5))', 'answers to what is not there')
})

t.test('threads may branch deeper than the stack is', async t => {
  let thread = alone(1)
  for (let depth = 0; depth < 100_000; depth++) thread = { uids: [2], branches: [thread] }
  const text = await threadsOf([thread])
  t.ok(text?.startsWith('(2 (2 (2 ') && text.endsWith(')))'))
})
