import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { RemoteMail } from '../../src/sync/remote.ts'
import { connectImap } from '../../src/upstream/imap/client.ts'
import type { ImapAccount, ImapClientOptions } from '../../src/upstream/imap/connection/session.ts'
import { portOf } from './front-server.ts'

/** What a scripted server answers to a command: the lines, with `TAG` for the command's tag. */
export type Answer = (command: string, socket: Socket) => string | Buffer | undefined

/** A server that says what a test wants it to. */
export interface ScriptedImap {
  readonly port: number
  /** What clients have sent. */
  readonly received: string[]
}

/** Starts a server that greets and then answers each line; it ends with the test. */
export async function startScriptedImap(t: Test, greeting: string, answer: Answer): Promise<ScriptedImap> {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined) // the client's end is what is tested
    if (greeting !== '') socket.write(`${greeting}\r\n`)
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString('latin1')).split('\r\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        received.push(line)
        const [, tag = '', command = ''] = /^(\S+) (.*)$/.exec(line) ?? []
        const reply = answer(command, socket)
        if (reply !== undefined) socket.write(typeof reply === 'string' ? reply.replaceAll('TAG', tag) : reply)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: portOf(server.address()), received }
}

/** Answers what every session needs; other commands are the test's. */
export function polite(capabilities: string, answer: Answer): Answer {
  return (command, socket) => {
    if (command === 'CAPABILITY') return `* CAPABILITY IMAP4rev1 ${capabilities}\r\nTAG OK done\r\n`
    if (command === 'LOGOUT') return '* BYE bye\r\nTAG OK done\r\n'
    const own = answer(command, socket)
    if (own !== undefined) return own
    if (/^(AUTHENTICATE|LOGIN|ID|ENABLE)/.test(command)) return 'TAG OK done\r\n'
    return command.startsWith('EXAMINE')
      ? '* 3 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 4] ok\r\nTAG OK [READ-ONLY] done\r\n'
      : undefined
  }
}

/** Connects to a scripted server as the engine would. */
export function connectTo(
  { port }: Pick<ScriptedImap, 'port'>,
  given: Partial<ImapAccount> & Partial<ImapClientOptions> = {},
): Promise<RemoteMail> {
  return connectImap(scriptedAccount(port, given), scriptedOptions(given), new AbortController().signal)
}

/** How a scripted server is reached. */
export function scriptedAccount(port: number, given: Partial<ImapAccount> = {}): ImapAccount {
  const { peer = { host: '127.0.0.1', port }, security = 'none' } = given
  const { credentials = async () => ({ user: 'ada', password: 'pass "word"' }) } = given
  return { peer, security, credentials }
}

/** What a test connects with: short limits, no TLS, no log. */
export function scriptedOptions(given: Partial<ImapClientOptions> = {}): ImapClientOptions {
  return {
    verifier: { secure: () => Promise.reject(new Error('TLS was begun')) },
    log: pino({ level: 'silent' }),
    clientVersion: 'test',
    silenceTimeoutMs: 5000,
    signInTimeoutMs: 5000,
    ...given,
  }
}
