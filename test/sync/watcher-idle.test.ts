import type { Socket } from 'node:net'
import t from 'tap'
import { polite, type ScriptedImap, startScriptedImap } from '../support/imap-script.ts'
import { watch } from '../support/watched.ts'

const OPENED =
  '* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n* OK [HIGHESTMODSEQ 1] ok\r\nTAG OK done\r\n'

interface Idling {
  readonly server: ScriptedImap
  /** The connections that idle, in the order in which they began. */
  readonly sockets: Socket[]
}

async function idleServer(
  t: Parameters<typeof startScriptedImap>[0],
  own: (command: string, nth: number) => string | undefined = () => undefined,
): Promise<Idling> {
  const sockets: Socket[] = []
  const tags = new Map<Socket, string>()
  const connections = new Set<Socket>()
  const server: ScriptedImap = await startScriptedImap(
    t,
    '* OK ready',
    polite('IDLE CONDSTORE', (command, socket) => {
      connections.add(socket)
      const special = own(command, [...connections].indexOf(socket) + 1)
      if (special !== undefined) return special
      const line = server.received.at(-1) ?? ''
      if (line === 'DONE') return `${tags.get(socket)} OK done\r\n`
      if (command.startsWith('EXAMINE')) return OPENED
      if (command !== 'IDLE') return undefined
      tags.set(socket, line.split(' ')[0] ?? '')
      sockets.push(socket)
      return '+ idling\r\n'
    }),
  )
  return { server, sockets }
}

t.test('each priority folder has a connection that idles, and tells of what it hears', async t => {
  const { server, sockets } = await idleServer(t)
  const { changes, states } = watch(t, server, { folders: ['Work', 'Other'], priorityFolders: ['INBOX', 'Work'] })
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'idle', folders: 2 })
  t.equal(changes.count, 0)
  for (const heard of ['* 1 EXISTS', '* 1 EXPUNGE', '* VANISHED 1', '* 1 FETCH (FLAGS (\\Seen))']) {
    sockets[0]?.write(`${heard}\r\n`)
    t.same(await changes.next(), { paths: ['INBOX'], structure: false }, heard)
  }
  sockets[1]?.write('* 1 EXISTS\r\n* 2 EXISTS\r\n')
  t.same(await changes.next(), { paths: ['Work'], structure: false })
})

t.test('idling is begun anew in time, and changes told meanwhile are heard', async t => {
  const { server, sockets } = await idleServer(t)
  const { changes, states } = watch(t, server, { beatMs: 80 })
  await states.next(({ kind }) => kind === 'idle')
  while (sockets.length < 3) await new Promise(resolve => setImmediate(resolve))
  const idles = server.received.filter(line => line.endsWith(' IDLE') || line === 'DONE').map(line => line.slice(-4))
  t.same(idles.slice(0, 5), ['IDLE', 'DONE', 'IDLE', 'DONE', 'IDLE'])
  sockets.at(-1)?.write('* 9 EXISTS\r\n')
  t.same(await changes.next(), { paths: ['INBOX'], structure: false })
  t.equal(new Set(sockets).size, 1, 'on the same connection')
})

t.test('a connection that does not answer any more is given up and made anew', async t => {
  let isDead = false
  const { server, sockets } = await idleServer(t, (_command, nth) => {
    return nth > 1 || !isDead ? undefined : ''
  })
  const { states } = watch(t, server, { beatMs: 60, silenceTimeoutMs: 100 })
  await states.next(({ kind }) => kind === 'idle')
  isDead = true
  t.match(await states.next(({ error }) => error !== undefined), { error: { code: 'UPSTREAM_SILENT' } })
  t.match(await states.next(({ kind }) => kind === 'idle'), { folders: 1 })
  t.equal(new Set(sockets).size, 2)
})

t.test('a server that used to say that it is still there is asked when it no longer does', async t => {
  const { server, sockets } = await idleServer(t)
  const { states } = watch(t, server, { beatMs: 2000 })
  await states.next(({ kind }) => kind === 'idle')
  const startMs = performance.now()
  sockets[0]?.write('* OK Still here\r\n')
  await new Promise(resolve => setTimeout(resolve, 40)) // the rhythm itself, not a wait for something
  sockets[0]?.write('* OK Still here\r\n')
  while (!server.received.includes('DONE')) await new Promise(resolve => setImmediate(resolve))
  const tookMs = performance.now() - startMs
  t.ok(tookMs < 1500, `asked after ${tookMs} ms of silence, long before the 2 s of the heartbeat`)
})

t.test('of too few connections it makes do with fewer', async t => {
  const { server } = await idleServer(t, (command, nth) =>
    nth === 3 && command.startsWith('LOGIN') ? 'TAG NO [LIMIT] Maximum number of connections exceeded\r\n' : undefined,
  )
  const { states, watcher } = watch(t, server, { folders: ['A', 'B'], priorityFolders: ['*'], yieldMs: 30 })
  t.match(await states.next(({ kind }) => kind === 'idle'), { folders: 2 })
  watcher.shrink()
  t.match(await states.next(({ kind }) => kind === 'idle'), { folders: 1 })
  watcher.shrink()
  await states.next(({ kind }) => kind === 'timers')
  t.match(await states.next(({ kind }) => kind === 'idle'), { folders: 1 }, 'after a while it tries again')
})

t.test('folders that the server does not open are left to the timers, whichever they are', async t => {
  const { server } = await idleServer(t, command =>
    /^EXAMINE "(INBOX|B)"/.test(command) ? 'TAG NO [NOPERM] not this one\r\n' : undefined,
  )
  const { states } = watch(t, server, { folders: ['A', 'B', 'C'], priorityFolders: ['*'] })
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'idle', folders: 2 })
  t.equal(server.received.filter(line => / LOGIN /.test(line)).length, 2, 'and cost no connection')
})

t.test('a server that refuses to go on is asked anew on another connection', async t => {
  let idles = 0
  const { server, sockets } = await idleServer(t, command =>
    command === 'IDLE' && ++idles === 2 ? 'TAG NO not any more\r\n' : undefined,
  )
  const { states } = watch(t, server, { beatMs: 60 })
  await states.next(({ kind }) => kind === 'idle')
  t.match(await states.next(({ error }) => error !== undefined), { error: { code: 'UPSTREAM_REFUSED' } })
  t.match(await states.next(({ kind }) => kind === 'idle'), { folders: 1 })
  t.equal(new Set(sockets).size, 2)
})

t.test('a refused sign-in ends the watching, after one try', async t => {
  const { server } = await idleServer(t, command => (command.startsWith('LOGIN') ? 'TAG NO wrong\r\n' : undefined))
  const { states, watcher } = watch(t, server)
  t.match(await states.next(({ kind }) => kind === 'stopped'), { error: { code: 'UPSTREAM_SIGN_IN_REFUSED' } })
  watcher.reconnect()
  await watcher[Symbol.asyncDispose]()
  t.equal(server.received.filter(line => / LOGIN /.test(line)).length, 1)
})

t.test('a server that can tell nothing is left to the timers', async t => {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('CONDSTORE', () => undefined),
  )
  const { states } = watch(t, server)
  t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: 'timers', error: undefined })
  const isGone = () => server.received.at(-1)?.endsWith(' LOGOUT') === true
  while (!isGone()) await new Promise(resolve => setImmediate(resolve))
  t.pass('and no connection is kept')
})

t.test('a server that tells without an end is not run after without one', async t => {
  const { server, sockets } = await idleServer(t)
  const { changes, states } = watch(t, server)
  await states.next(({ kind }) => kind === 'idle')
  const flood = setInterval(() => sockets[0]?.write('* 1 EXISTS\r\n* 2 EXISTS\r\n'), 5)
  t.teardown(() => clearInterval(flood))
  const startMs = performance.now()
  for (let count = 0; count < 7; count++) await changes.next()
  const tookMs = performance.now() - startMs
  t.ok(tookMs > 1500, `five at once, two more in ${tookMs} ms`)
})
