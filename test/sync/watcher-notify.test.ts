import type { Socket } from 'node:net'
import t from 'tap'
import { polite, startScriptedImap } from '../support/imap-script.ts'
import { watch } from '../support/watched.ts'

const status = (path: string, messages: number, modseq: number) =>
  `* STATUS ${path} (MESSAGES ${messages} UIDNEXT ${messages + 1} UIDVALIDITY 1 HIGHESTMODSEQ ${modseq})\r\n`
const SAME = status('INBOX', 0, 1) + status('Sent', 0, 1)

t.test('with NOTIFY one connection watches all folders, and tells of what the store does not know', async t => {
  let socket: Socket | undefined
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('NOTIFY IDLE', (command, its) => {
      if (!command.startsWith('NOTIFY SET STATUS')) return undefined
      socket = its
      return command.includes('(mailboxes ("Shared/Team")') ? 'TAG OK done\r\n' : `${SAME}TAG OK done\r\n`
    }),
  )
  const { changes, states } = watch(t, server, { folders: ['Sent', 'Shared/Team'] })
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'notify', folders: 3 })
  t.equal(changes.count, 0, 'what is as the store has it is no news')

  socket?.write(status('Sent', 0, 1))
  socket?.write(status('INBOX', 1, 2))
  t.same(await changes.next(), { paths: ['INBOX'], structure: false })
  socket?.write('* STATUS Sent (UIDVALIDITY 1 HIGHESTMODSEQ 7)\r\n')
  t.same(await changes.next(), { paths: ['Sent'], structure: false }, 'a changed flag')
  socket?.write('* LIST () "/" "New"\r\n')
  t.same(await changes.next(), { paths: [], structure: true })
  socket?.write(status('Newer', 0, 1))
  t.same(await changes.next(), { paths: [], structure: true }, 'a folder that nobody knew')
  const before = server.received.length
  socket?.write('* OK [NOTIFICATIONOVERFLOW] too much\r\n')
  t.same(await changes.next(), { paths: ['INBOX', 'Sent', 'Shared/Team'], structure: true })
  t.match(server.received.slice(before).join(), /NOTIFY SET STATUS/, 'it is asked again')
  t.equal(server.received.filter(line => / LOGIN /.test(line)).length, 1)
})

t.test('a server that knows fewer events, and one that refuses altogether', async t => {
  const fewer = await startScriptedImap(
    t,
    '* OK ready',
    polite('NOTIFY', command => {
      if (command.includes('MailboxName')) return 'TAG NO [BADEVENT (MessageNew MessageExpunge FlagChange)] no\r\n'
      return command.startsWith('NOTIFY') ? `${SAME}TAG OK done\r\n` : undefined
    }),
  )
  const { states } = watch(t, fewer, { folders: ['Sent'] })
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'notify' })
  t.match(fewer.received.at(-1), /NOTIFY SET STATUS \(personal \(MessageNew MessageExpunge FlagChange\)\)$/)

  const refusing = await startScriptedImap(
    t,
    '* OK ready',
    polite('NOTIFY IDLE', command => {
      if (command.startsWith('NOTIFY')) return 'TAG NO not today\r\n'
      return command === 'IDLE' ? '+ idling\r\n' : undefined
    }),
  )
  const other = watch(t, refusing)
  t.match(await other.states.next(({ kind }) => kind !== 'connecting'), { kind: 'idle', folders: 1 })
})

t.test('a folder of others that may not be watched keeps nothing of one’s own', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('NOTIFY IDLE', command => {
      if (!command.startsWith('NOTIFY')) return undefined
      return command.includes('mailboxes') ? 'TAG NO [NOPERM] not that one\r\n' : `${SAME}TAG OK done\r\n`
    }),
  )
  const { states } = watch(t, server, { folders: ['Sent', 'Shared/Team'] })
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'notify' })
  t.match(server.received.at(-1), /NOTIFY SET STATUS \(personal \([^()]*\)\)$/, 'what is in force at last')
})

t.test('what happened between two connections is told by the second', async t => {
  let round = 0
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('NOTIFY', (command, socket) => {
      if (!command.startsWith('NOTIFY')) return undefined
      if (++round === 1) setImmediate(() => socket.destroy())
      return round === 1 ? `${SAME}TAG OK done\r\n` : `${status('INBOX', 2, 5)}${status('Sent', 0, 1)}TAG OK done\r\n`
    }),
  )
  const { changes } = watch(t, server, { folders: ['Sent'] })
  t.same(await changes.next(), { paths: ['INBOX'], structure: false })
  t.equal(round, 2)
})

t.test('a connection that only seems to be there is noticed by a NOOP', async t => {
  const silent = new Set<Socket>()
  const connections: Socket[] = []
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('NOTIFY', (command, socket) => {
      if (!connections.includes(socket)) connections.push(socket)
      if (silent.has(socket)) return ''
      if (command === 'NOOP') return 'TAG OK done\r\n'
      return command.startsWith('NOTIFY') ? `${SAME}TAG OK done\r\n` : undefined
    }),
  )
  const { states, changes } = watch(t, server, { folders: ['Sent'], beatMs: 60, silenceTimeoutMs: 100 })
  await states.next(({ kind }) => kind === 'notify')
  const isAsked = () => server.received.some(line => line.endsWith(' NOOP'))
  while (!isAsked()) await new Promise(resolve => setImmediate(resolve))
  t.equal(connections.length, 1, 'a NOOP that is answered changes nothing')
  for (const socket of connections) silent.add(socket)
  t.match(await states.next(({ error }) => error !== undefined), { error: { code: 'UPSTREAM_SILENT' } })
  await states.next(({ kind }) => kind === 'notify')
  connections.at(-1)?.write(status('INBOX', 1, 2))
  t.same(await changes.next(), { paths: ['INBOX'], structure: false }, 'the new one is listened to')
})
