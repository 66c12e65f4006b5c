import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { connectSmtp, type SmtpAccount } from '../../src/upstream/smtp/client.ts'
import type { SmtpClientConnection } from '../../src/upstream/smtp/connection.ts'
import { portOf } from './front-server.ts'

/** What a scripted server does at a line of the client: text to send, or something to do with the socket. */
export type Answer = string | ((socket: Socket, line: string) => void)

/** A server that answers each line by the first rule that it begins with; the rule `''` is the greeting. */
export type Script = Readonly<Record<string, Answer>>

/** The script of a server that takes everything. */
export const FRIENDLY: Script = {
  '': '220 test ESMTP\r\n',
  EHLO: '250-test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n',
  MAIL: '250 2.1.0 sender ok\r\n',
  RCPT: '250 2.1.5 recipient ok\r\n',
  DATA: '354 go on\r\n',
  '.': '250 2.0.0 taken\r\n',
  RSET: '250 2.0.0 ok\r\n',
  QUIT: '221 2.0.0 bye\r\n',
}

/** A scripted server. */
export interface ScriptedServer {
  readonly port: number
  /** The lines of each connection. */
  readonly sessions: readonly string[][]
  /** The sockets of each connection. */
  readonly sockets: readonly Socket[]
}

/** Starts a scripted server; the script of a connection may depend on how many came before. */
export async function startScripted(
  t: Test,
  scriptOf: Script | ((session: number) => Script),
): Promise<ScriptedServer> {
  const sessions: string[][] = []
  const sockets: Socket[] = []
  const server = createServer(socket => {
    const script = typeof scriptOf === 'function' ? scriptOf(sockets.length) : scriptOf
    const lines: string[] = []
    sessions.push(lines)
    sockets.push(socket)
    follow(socket, script, lines)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: portOf(server.address()), sessions, sockets }
}

function follow(socket: Socket, script: Script, lines: string[]): void {
  let text = ''
  socket.on('error', () => undefined) // clients that are destroyed
  answer(socket, script[''], '')
  socket.on('data', chunk => {
    const parts = (text + chunk.toString('latin1')).split('\r\n')
    text = parts.pop() ?? ''
    for (const line of parts) {
      lines.push(line)
      const rule = Object.keys(script).find(
        name => name !== '' && (name === '.' ? line === '.' : line.startsWith(name)),
      )
      if (rule !== undefined) answer(socket, script[rule], line)
    }
  })
}

function answer(socket: Socket, answer: Answer | undefined, line: string): void {
  if (typeof answer === 'string') socket.write(answer)
  else answer?.(socket, line)
}

/** Connects to a server on this machine in plain text without signing in, unless the account says otherwise. */
export async function connectTo(
  t: Test,
  port: number,
  account: Partial<SmtpAccount> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<SmtpClientConnection> {
  const whole: SmtpAccount = {
    peer: { host: '127.0.0.1', port },
    security: 'none',
    credentials: async () => undefined,
    ...account,
  }
  const verifier = { secure: () => Promise.reject(new Error('no TLS was to be had')) }
  const connection = await connectSmtp(whole, verifier, signal)
  t.teardown(() => connection.destroy())
  return connection
}
