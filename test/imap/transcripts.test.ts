import t from 'tap'
import type { ImapCommand } from '../../src/formats/imap/command/command-parser.ts'
import { serveAccount } from '../support/imap/front.ts'
import { accountOf } from '../support/imap/transcript-accounts.ts'
import { readTranscripts } from '../support/imap/transcript-files.ts'
import { commandsOf, STATES } from '../support/imap/transcript-states.ts'
import { DELIVERIES, play } from '../support/transcript.ts'

const TRANSCRIPTS = readTranscripts()

for (const { file, says, given, session } of TRANSCRIPTS) {
  for (const delivery of DELIVERIES) {
    t.test(`${file}: ${says}, ${delivery}`, async t => {
      t.equal(await play(serveAccount(accountOf(given)), session, delivery), session)
    })
  }
}

const withUid = (name: string) => [name, `UID ${name}`]

// What a client calls each command: TypeScript finds the one that is missing.
const NAMES: Readonly<Record<ImapCommand['kind'], readonly string[]>> = {
  capability: ['CAPABILITY'],
  noop: ['NOOP'],
  logout: ['LOGOUT'],
  id: ['ID'],
  starttls: ['STARTTLS'],
  authenticate: ['AUTHENTICATE'],
  login: ['LOGIN'],
  enable: ['ENABLE'],
  idle: ['IDLE'],
  namespace: ['NAMESPACE'],
  list: ['LIST'],
  lsub: ['LSUB'],
  status: ['STATUS'],
  select: ['SELECT', 'EXAMINE'],
  create: ['CREATE'],
  delete: ['DELETE'],
  rename: ['RENAME'],
  subscribe: ['SUBSCRIBE'],
  unsubscribe: ['UNSUBSCRIBE'],
  getquota: ['GETQUOTA'],
  getquotaroot: ['GETQUOTAROOT'],
  check: ['CHECK'],
  close: ['CLOSE'],
  unselect: ['UNSELECT'],
  expunge: withUid('EXPUNGE'),
  fetch: withUid('FETCH'),
  store: withUid('STORE'),
  copy: withUid('COPY'),
  move: withUid('MOVE'),
  search: withUid('SEARCH'),
  sort: withUid('SORT'),
  thread: withUid('THREAD'),
  'notify-none': ['NOTIFY'],
  'notify-set': ['NOTIFY'],
}

t.test('every command is given in every state', async t => {
  const given = new Set(TRANSCRIPTS.flatMap(({ session }) => commandsOf(session)).map(key))
  for (const name of new Set([...Object.values(NAMES).flat(), 'APPEND'])) {
    for (const state of STATES) t.ok(given.has(key({ state, name })), `${name}, ${state}`)
  }
})

function key({ state, name }: { readonly state: string; readonly name: string }): string {
  return `${name}, ${state}`
}
