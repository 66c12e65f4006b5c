import { ImapRefusal } from '../../../src/imap/backend.ts'
import { someAccount } from './front.ts'
import type { MemoryAccount } from './memory-account.ts'

const PARTS = `From: Ada <ada@example.test>
To: Bob <bob@example.test>
Subject: parts
Date: Thu, 1 Jan 2026 00:00:00 +0000
Message-ID: <parts@example.test>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=us-ascii

plain
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AGI=
--x
Content-Type: text/plain
Content-Transfer-Encoding: x-none

what is this
--x--
`.replaceAll('\n', '\r\n')

/** Refuses whatever is asked, with a code for each kind of question. */
function refusing(): MemoryAccount {
  const account = someAccount()
  const refuse = (code: ImapRefusal['code']) => () => Promise.reject(new ImapRefusal(code, 'the store says so'))
  account.createMailbox = refuse('NOPERM')
  account.renameMailbox = refuse('INUSE')
  account.deleteMailbox = refuse('HASCHILDREN')
  account.subscribe = refuse('NOPERM')
  account.copy = refuse('OVERQUOTA')
  account.move = refuse('UNAVAILABLE')
  account.storeFlags = refuse('NOPERM')
  account.expunge = refuse('UNAVAILABLE')
  account.search = refuse('UNAVAILABLE')
  account.sort = refuse('UNAVAILABLE')
  account.threads = refuse('UNAVAILABLE')
  account.counters = refuse('UNAVAILABLE')
  const append = account.append.bind(account)
  account.append = mailbox => ({ ...append(mailbox), finish: refuse('OVERQUOTA') })
  return account
}

function withParts(): MemoryAccount {
  const account = someAccount()
  account.boxes[1]?.put({ octets: PARTS })
  return account
}

function withThreads(): MemoryAccount {
  const account = someAccount()
  account.threadsFound = [
    { uids: [2], branches: [] },
    { uids: [1, 3], branches: [] },
  ]
  return account
}

/** Folders below folders, of which some are subscribed, some special, and one holds no messages. */
function withFolders(): MemoryAccount {
  const account = someAccount()
  const add = (path: string, isSubscribed: boolean) => {
    const box = account.add(path)
    box.isSubscribed = isSubscribed
    return box
  }
  add('Work', false)
  add('Work/2025', true)
  add('Work/2026', false)
  add('Work/2026/Plans', true)
  add('Home', true)
  add('Home/Bills', true).isSelectable = false
  account.add('Home/Old', 'archive').isReadOnly = true
  return account
}

function withQuota(): MemoryAccount {
  const account = someAccount()
  account.storageQuota = { usage: 1_000_000, limit: 10_485_760 }
  return account
}

const ACCOUNTS: Readonly<Record<string, () => MemoryAccount>> = {
  'a store that refuses': refusing,
  'a message with parts': withParts,
  threads: withThreads,
  'folders below folders': withFolders,
  'a quota': withQuota,
}

/** Makes the account that a transcript names; the usual one if it names none. */
export function accountOf(given: string | undefined): MemoryAccount {
  if (given === undefined) return someAccount()
  const make = ACCOUNTS[given]
  if (!make) throw new Error(`no account is called ${given}`)
  return make()
}
