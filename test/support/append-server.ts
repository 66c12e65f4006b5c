import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { portOf } from './front-server.ts'

/** One APPEND as a server has read it. */
export interface ReceivedAppend {
  readonly path: string
  readonly bodies: readonly string[]
}

/** What an {@link AppendServer} does. */
export interface AppendPolicy {
  readonly capabilities: string
  /** The tagged answer to an APPEND, without its tag; undefined to end the connection instead. */
  readonly append: (append: ReceivedAppend) => string | undefined
  /** A refusal instead of "go ahead" for a literal of that size. */
  readonly refuseLiteral?: (octets: number) => string | undefined
  /** Answers other commands, with `TAG` for the tag. */
  readonly command?: (command: string) => string | undefined
}

/** A server that reads APPENDs with their literals. */
export interface AppendServer {
  readonly port: number
  /** Commands without literals' octets, each with the answers that came before the next. */
  readonly log: string[]
  readonly appends: ReceivedAppend[]
}

/** Starts one; it ends with the test. */
export async function startAppendServer(t: Test, policy: AppendPolicy): Promise<AppendServer> {
  const log: string[] = []
  const appends: ReceivedAppend[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    new AppendSession(socket, policy, { log, appends }).start()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: portOf(server.address()), log, appends }
}

class AppendSession {
  readonly #socket: Socket
  readonly #policy: AppendPolicy
  readonly #seen: { readonly log: string[]; readonly appends: ReceivedAppend[] }
  #input = ''
  #command = ''
  #bodies: string[] = []

  constructor(
    socket: Socket,
    policy: AppendPolicy,
    seen: { readonly log: string[]; readonly appends: ReceivedAppend[] },
  ) {
    this.#socket = socket
    this.#policy = policy
    this.#seen = seen
  }

  start(): void {
    this.#socket.on('error', () => undefined) // the client's end is what is tested
    this.#socket.on('data', (chunk: Buffer) => {
      this.#input += chunk.toString('latin1')
      while (this.#step());
    })
    this.#socket.write(`* OK [CAPABILITY IMAP4rev1 ${this.#policy.capabilities}] ready\r\n`)
  }

  // A line, or the literal that the last line has announced.
  #step(): boolean {
    const [, size] = /\{(\d+)\+?\}$/.exec(this.#command) ?? []
    if (size !== undefined) return this.#readLiteral(Number(size))
    const end = this.#input.indexOf('\r\n')
    if (end === -1) return false
    this.#command += this.#input.slice(0, end)
    this.#input = this.#input.slice(end + 2)
    const announced = /\{(\d+)(\+?)\}$/.exec(this.#command)
    if (announced?.[2] === '') return this.#goAhead(Number(announced[1]))
    if (!announced) this.#finish()
    return true
  }

  #readLiteral(size: number): boolean {
    if (this.#input.length < size) return false
    this.#bodies.push(this.#input.slice(0, size))
    this.#input = this.#input.slice(size)
    this.#command = this.#command.replace(/\{\d+\+?\}$/, `<${size}>`)
    return true
  }

  #goAhead(octets: number): boolean {
    const refusal = this.#policy.refuseLiteral?.(octets)
    if (refusal === undefined) {
      this.#write('+ go ahead')
      return true
    }
    const tag = this.#command.slice(0, this.#command.indexOf(' '))
    this.#begin()
    this.#write(`${tag} ${refusal}`)
    return true
  }

  #finish(): void {
    const [, tag = '', command = ''] = /^(\S+) (.*)$/s.exec(this.#command) ?? []
    const bodies = this.#bodies
    this.#begin()
    this.#seen.log.push(command)
    const [, path] = /^APPEND "([^"]*)"/.exec(command) ?? []
    if (path === undefined) {
      this.#write((this.#policy.command?.(command) ?? this.#polite(command)).replaceAll('TAG', tag))
      return
    }
    this.#seen.appends.push({ path, bodies })
    const answer = this.#policy.append({ path, bodies })
    if (answer === undefined) this.#socket.destroy()
    else this.#write(`${tag} ${answer}`)
  }

  #begin(): void {
    this.#command = ''
    this.#bodies = []
  }

  #write(line: string): void {
    if (line.startsWith('+')) this.#seen.log.push(line)
    this.#socket.write(`${line}\r\n`)
  }

  #polite(command: string): string {
    if (command === 'CAPABILITY') return `* CAPABILITY IMAP4rev1 ${this.#policy.capabilities}\r\nTAG OK done`
    return command === 'LOGOUT' ? '* BYE bye\r\nTAG OK done' : 'TAG OK done'
  }
}
