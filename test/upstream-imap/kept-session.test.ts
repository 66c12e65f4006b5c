import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { KeptSession, type KeptSessionLimits } from '../../src/upstream/imap/connection/kept-session.ts'
import type { ImapAccount, ImapClientOptions } from '../../src/upstream/imap/connection/session.ts'
import { type Answer, polite, scriptedAccount, scriptedOptions, startScriptedImap } from '../support/imap-script.ts'
import { until } from '../support/until.ts'

interface Place {
  readonly capabilities?: string
  readonly limits?: KeptSessionLimits
  readonly answer?: Answer
}

// A server, and somebody who keeps a session with it.
async function place(t: Test, { capabilities = 'UNSELECT', limits = {}, answer = () => undefined }: Place = {}) {
  const sockets = new Set<Socket>()
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite(capabilities, (command, socket) => {
      sockets.add(socket)
      const own = answer(command, socket)
      return own ?? (/^(NOOP|UNSELECT|STATUS)/.test(command) ? 'TAG OK done\r\n' : undefined)
    }),
  )
  const kept = new KeptSession(limits)
  t.teardown(() => kept.drop())
  const { signal } = new AbortController()
  const connect = (given: Partial<ImapAccount> & Partial<ImapClientOptions> = {}) =>
    connectImap(scriptedAccount(server.port, given), scriptedOptions(given), signal, kept)
  // What clients have sent: the verb of each command.
  const verbs = () => server.received.map(line => line.split(' ')[1])
  const count = (verb: string) => verbs().filter(each => each === verb).length
  const reach = (verb: string, times: number) =>
    until(`${times} ${verb}`, async () => (count(verb) === times ? true : undefined))
  return { connect, kept, sockets, verbs, count, reach }
}

t.test('the next one to connect gets the session of the last one', async t => {
  const { connect, sockets, verbs } = await place(t)
  for (let run = 0; run < 3; run++) {
    await using mail = await connect()
    await mail.status('INBOX')
  }
  t.equal(sockets.size, 1)
  t.same(verbs(), ['CAPABILITY', 'LOGIN', 'CAPABILITY', 'STATUS', 'NOOP', 'STATUS', 'NOOP', 'STATUS'])
})

t.test('no folder stays open', async t => {
  const { connect, sockets, verbs } = await place(t)
  for (let run = 0; run < 2; run++) {
    await using mail = await connect()
    await mail.examine('INBOX')
  }
  await using _mail = await connect()
  t.equal(sockets.size, 1)
  t.same(verbs().slice(3), ['EXAMINE', 'UNSELECT', 'NOOP', 'EXAMINE', 'UNSELECT', 'NOOP'])
})

t.test('a folder stays open after a BAD, and is closed', async t => {
  const answer: Answer = command => (command.startsWith('EXAMINE "Bad"') ? 'TAG BAD what\r\n' : undefined)
  const { connect, count } = await place(t, { answer })
  {
    await using mail = await connect()
    await mail.examine('INBOX')
    await t.rejects(mail.examine('Bad'), { code: 'UPSTREAM_REFUSED' })
  }
  await using _mail = await connect()
  t.equal(count('UNSELECT'), 1)
  t.equal(count('LOGIN'), 1)
})

t.test('where a folder cannot be closed without an expunge, the session ends', async t => {
  const { connect, count, reach } = await place(t, { capabilities: '' })
  for (let run = 0; run < 2; run++) {
    await using mail = await connect()
    await mail.examine('INBOX')
  }
  t.equal(count('LOGIN'), 2)
  await reach('LOGOUT', 2)
  t.equal(count('CLOSE'), 0)
})

t.test('a server that refuses to close a folder gets no second chance', async t => {
  const answer: Answer = command => (command === 'UNSELECT' ? 'TAG NO not now\r\n' : undefined)
  const { connect, count } = await place(t, { answer })
  for (let run = 0; run < 2; run++) {
    await using mail = await connect()
    await mail.examine('INBOX')
  }
  t.equal(count('LOGIN'), 2)
})

t.test('two at once have a session each, and one of them is kept', async t => {
  const { connect, sockets, reach } = await place(t)
  {
    await using first = await connect()
    await using second = await connect()
    await Promise.all([first.status('INBOX'), second.status('INBOX')])
  }
  t.equal(sockets.size, 2)
  await reach('LOGOUT', 1)
  await using _third = await connect()
  t.equal(sockets.size, 2)
})

t.test('another password is another session', async t => {
  const { connect, count, reach } = await place(t)
  await (await connect())[Symbol.asyncDispose]()
  const other = await connect({ credentials: async () => ({ user: 'ada', password: 'changed' }) })
  t.equal(count('LOGIN'), 2)
  t.equal(count('NOOP'), 0, 'the old one is not even asked')
  await reach('LOGOUT', 1)
  await other[Symbol.asyncDispose]()
})

t.test('a session that the server has ended meanwhile is made anew', async t => {
  const { connect, sockets, count } = await place(t)
  await (await connect())[Symbol.asyncDispose]()
  for (const socket of sockets) socket.end('* BYE idle for too long\r\n')
  await using mail = await connect()
  await mail.status('INBOX')
  t.equal(count('LOGIN'), 2)
})

t.test('a session that does not answer any more is made anew', async t => {
  const answer: Answer = command => (command === 'NOOP' ? '' : undefined)
  const { connect, count } = await place(t, { answer, limits: { probeMs: 50 } })
  await (await connect())[Symbol.asyncDispose]()
  await using mail = await connect()
  await mail.status('INBOX')
  t.equal(count('LOGIN'), 2)
})

t.test('a session whose command was not answered is not kept', async t => {
  const answer: Answer = command => (command.startsWith('STATUS') ? '' : undefined)
  const { connect, count } = await place(t, { answer })
  {
    await using mail = await connect()
    mail.status('INBOX').catch(() => undefined) // ends with the session
  }
  await using _mail = await connect()
  t.equal(count('LOGIN'), 2)
})

t.test('a session is kept for so long', async t => {
  const { connect, count, reach } = await place(t, { limits: { idleMs: 40 } })
  await (await connect())[Symbol.asyncDispose]()
  await reach('LOGOUT', 1)
  await using _mail = await connect()
  t.equal(count('LOGIN'), 2)
})

t.test('a session is used for so long', async t => {
  const { connect, count } = await place(t, { limits: { maxAgeMs: 0 } })
  await (await connect())[Symbol.asyncDispose]()
  await using _mail = await connect()
  t.equal(count('LOGIN'), 2)
})

t.test('who drops it signs out', async t => {
  const { connect, kept, count, reach } = await place(t)
  await (await connect())[Symbol.asyncDispose]()
  kept.drop()
  await reach('LOGOUT', 1)
  await using _mail = await connect()
  t.equal(count('LOGIN'), 2)
})

t.test('a session in use while all are dropped is kept no more', async t => {
  const { connect, kept, count, reach } = await place(t)
  {
    await using mail = await connect()
    kept.drop()
    await mail.status('INBOX')
  }
  await reach('LOGOUT', 1)
  await using _mail = await connect()
  t.equal(count('LOGIN'), 2)
})

t.test('who waits for a slow server is told, not who had the session before', async t => {
  const answer: Answer = command => (command.startsWith('STATUS "slow"') ? '' : undefined)
  const { connect, sockets } = await place(t, { answer })
  const told: string[] = []
  await (await connect({ slowMs: 40, onSlow: () => told.push('first') }))[Symbol.asyncDispose]()
  const mail = await connect({ onSlow: () => told.push('second') })
  mail.status('slow').catch(() => undefined) // ends with the session
  await until('somebody is told', async () => told[0])
  t.same([...new Set(told)], ['second'])
  t.equal(sockets.size, 1)
  await mail[Symbol.asyncDispose]()
})
