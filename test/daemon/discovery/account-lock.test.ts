import type { AddressInfo, Socket } from 'node:net'
import t, { type Test } from 'tap'
import { searchOffers } from '../../../src/daemon/discovery/settings-search.ts'
import { connectTo } from '../../../src/net/connect.ts'
import type { PeerVerifier } from '../../../src/tls/peer.ts'
import { makeInternet } from '../../support/discover-world.ts'
import { type Captured, type MailScript, startMail } from '../../support/scripted-servers.ts'
import { silentLogger } from '../../support/silent-logger.ts'

const IP = '127.0.5.40'

/** Searches a domain whose SRV records name one server by many names, and tells each try to sign in there. */
async function signInsAt(t: Test, script: MailScript): Promise<readonly string[]> {
  const captured: Captured[] = []
  const server = await startMail({ ip: IP, port: 0, captured }, script)
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo // it listens on TCP
  const names = Array.from({ length: 9 }, (_, index) => `imap${index}.example.test`)
  const SRV = names.map((target, priority) => ({ target, port, priority, weight: 0 }))
  const hosts = Object.fromEntries(['example.test', ...names].map(name => [name, { A: [IP] }]))
  const { search } = await makeInternet(t, { zone: { ...hosts, '_imaps._tcp.example.test': { SRV } } })
  const { signal } = new AbortController()
  const secure = async (socket: Socket) => socket
  const discovery = search('ada@example.test', { connect: connectTo, secure })
  const verifier = { secure } as unknown as PeerVerifier // without TLS: what is sent is to be seen
  const tools = { reach: discovery.reach, verifier, log: silentLogger(), version: '0', signal }
  const request = { email: 'ada@example.test', password: 'wrong', accept: [], refused: [] }
  t.equal((await searchOffers(discovery, request, tools)).taken, undefined)
  return captured.flatMap(({ text }) => /AUTHENTICATE \S+/.exec(text) ?? [])
}

const IMAP = { protocol: 'imap', security: 'tls', mechanisms: ['AUTH=PLAIN'] } as const

t.test('a server that refuses is tried a few times', async t => {
  t.equal((await signInsAt(t, IMAP)).length, 2, 'both names of the person')
})

t.test('a server that hangs up instead of refusing is tried a few times, too', async t => {
  t.equal((await signInsAt(t, { ...IMAP, hangsUp: true })).length, 3)
})

t.test('a server that takes a digest alone is tried with one', async t => {
  const [first] = await signInsAt(t, { ...IMAP, mechanisms: ['LOGINDISABLED', 'AUTH=SCRAM-SHA-256'] })
  t.equal(first, 'AUTHENTICATE SCRAM-SHA-256')
})
