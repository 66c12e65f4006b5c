import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { connectSieve, type SieveAccount, type SieveClientOptions } from '../../src/upstream/sieve/client.ts'
import type { SieveSession } from '../../src/upstream/sieve/session.ts'
import { portOf } from './front-server.ts'

/** What a scripted server does at a line of the client: text to send, or something to do with the socket. */
export type Answer = string | ((socket: Socket, line: string) => void)

/** A server that answers each line by the longest rule that it begins with; the rule `''` is the greeting. */
export type Script = Readonly<Record<string, Answer>>

/** What a server says of itself. */
export function capabilities(...lines: readonly string[]): string {
  return ['"IMPLEMENTATION" "test"', ...lines, 'OK', ''].join('\r\n')
}

/** The script of a server that takes everything. */
export const FRIENDLY: Script = {
  '': capabilities('"SASL" "PLAIN"', '"VERSION" "1.0"'),
  AUTHENTICATE: 'OK "in"\r\n',
  CAPABILITY: capabilities('"SIEVE" "fileinto vacation"', '"VERSION" "1.0"'),
  LOGOUT: 'OK "bye"\r\n',
}

/** Starts a scripted server, which remembers the lines that clients said; it ends with the test. */
export async function startScripted(t: Test, script: Script) {
  const said: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined) // clients that are destroyed
    answer(socket, script[''], '')
    let held = ''
    socket.on('data', chunk => {
      const lines = (held + chunk.toString('latin1')).split('\r\n')
      held = lines.pop() ?? ''
      for (const line of lines) {
        said.push(line)
        const rules = Object.keys(script).filter(name => name !== '' && line.startsWith(name))
        const rule = rules.toSorted((one, other) => other.length - one.length)[0]
        if (rule !== undefined) answer(socket, script[rule], line)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: portOf(server.address()), said }
}

function answer(socket: Socket, answer: Answer | undefined, line: string): void {
  if (typeof answer === 'string') socket.write(answer)
  else answer?.(socket, line)
}

/** What a test says of a connection. */
export type Given = Partial<SieveAccount> & Partial<SieveClientOptions> & { readonly signal?: AbortSignal }

/** Connects to a server on this machine in plain text, unless the test says otherwise. */
export async function connectTo(t: Test, port: number, given: Given = {}): Promise<SieveSession> {
  const { peer = { host: '127.0.0.1', port }, security = 'none', signal = new AbortController().signal } = given
  const { credentials = async () => ({ user: 'ada', password: 'secret' }) } = given
  const { verifier = { secure: () => Promise.reject(new Error('no TLS was to be had')) } } = given
  const { signInTimeoutMs = 30_000, answerTimeoutMs = 30_000 } = given
  const session = await connectSieve(
    { peer, security, credentials },
    { verifier, signInTimeoutMs, answerTimeoutMs },
    signal,
  )
  t.teardown(() => session[Symbol.dispose]())
  return session
}
