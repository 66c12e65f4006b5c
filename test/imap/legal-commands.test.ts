import t from 'tap'
import { ImapClient } from '../support/imap/client.ts'
import { serveAccount } from '../support/imap/front.ts'

// Every command in every state (RFC 9051 section 6): it is obeyed there, or answered BAD and changes nothing.
const IN_ANY = ['CAPABILITY', 'NOOP', 'ID NIL', 'LOGOUT']
const BEFORE_SIGN_IN = ['STARTTLS', 'AUTHENTICATE PLAIN', 'LOGIN ada x']
const AFTER_SIGN_IN = [
  'ENABLE CONDSTORE',
  'IDLE',
  'NOTIFY NONE',
  'NOTIFY SET (personal (MessageNew MessageExpunge))',
  'NAMESPACE',
  'LIST "" *',
  'LSUB "" *',
  'STATUS INBOX (MESSAGES)',
  'SELECT INBOX',
  'EXAMINE INBOX',
  'CREATE new',
  'DELETE Sent',
  'RENAME Sent other',
  'SUBSCRIBE INBOX',
  'UNSUBSCRIBE INBOX',
  'GETQUOTA ""',
  'GETQUOTAROOT INBOX',
  'APPEND INBOX {3+}\r\nabc',
]
const SELECTED_ONLY = [
  'CHECK',
  'CLOSE',
  'UNSELECT',
  'EXPUNGE',
  'UID EXPUNGE 1',
  'FETCH 1 UID',
  'UID FETCH 1 UID',
  'STORE 1 FLAGS ()',
  'UID STORE 1 FLAGS ()',
  'COPY 1 Sent',
  'UID COPY 1 Sent',
  'MOVE 1 Sent',
  'UID MOVE 1 Sent',
  'SEARCH ALL',
  'UID SEARCH ALL',
  'SORT (DATE) UTF-8 ALL',
  'THREAD REFERENCES UTF-8 ALL',
]

const STATES = {
  'before the sign-in': { way: [], legal: [...IN_ANY, ...BEFORE_SIGN_IN] },
  'after the sign-in': { way: ['LOGIN ada "correct horse"'], legal: [...IN_ANY, ...AFTER_SIGN_IN] },
  'in an open mailbox': {
    way: ['LOGIN ada "correct horse"', 'SELECT INBOX'],
    legal: [...IN_ANY, ...AFTER_SIGN_IN, ...SELECTED_ONLY],
  },
} as const

const NOT_NOW = /^a BAD this command is not valid in this state\r\n/m

for (const [state, { way, legal }] of Object.entries(STATES)) {
  t.test(`${state}, only its commands are obeyed`, async t => {
    for (const command of [...IN_ANY, ...BEFORE_SIGN_IN, ...AFTER_SIGN_IN, ...SELECTED_ONLY]) {
      const client = new ImapClient(serveAccount())
      for (const step of way) await client.command(step)
      const answer = await client.send(`a ${command}\r\n`).until(/^(a |\+ ).*\r\n/m)
      t.equal(!NOT_NOW.test(answer), (legal as readonly string[]).includes(command), command)
      await client.end()
    }
  })
}
