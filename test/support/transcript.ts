import { type Duplex, duplexPair } from 'node:stream'
import type { FrontConnection } from '../../src/net/front-connection.ts'

/** How a client's octets are cut. Replies must never depend on it. */
export const DELIVERIES = ['line by line', 'pipelined', 'octet by octet'] as const
export type Delivery = (typeof DELIVERIES)[number]

const CLOSED = 'S: <closed>'
const QUIET_MS = 2000 // bounds a test whose server never answers

/** What a front's connection tells its session, in a transcript. */
export interface PlayOptions {
  readonly isSecure?: boolean
  readonly canStartTls?: boolean
}

/** Serves one end of a stream pair. */
export type Serve = (connection: FrontConnection) => Promise<void>

/**
 * Plays the `C:` lines of a transcript against a server and resolves to the transcript that really happened. `\\0` in a
 * line is a NUL octet. The server's lines are compared by the test, so a failure is a transcript diff.
 */
export async function play(serve: Serve, script: string, delivery: Delivery, options: PlayOptions = {}) {
  const [clientEnd, serverEnd] = duplexPair()
  const done = serve(connectionOn(serverEnd, options))
  const happened = await converse(new Replies(clientEnd), clientEnd, script.split('\n'), delivery)
  clientEnd.end()
  await done
  return happened.join('\n')
}

/** Makes a front's connection of a stream, with no TLS to be had. */
export function connectionOn(stream: Duplex, options: PlayOptions = {}): FrontConnection {
  return {
    stream,
    isSecure: options.isSecure ?? false,
    canStartTls: options.canStartTls ?? false,
    isDraining: false,
    onDrain: undefined,
    startTls: () => Promise.reject(new Error('no TLS in a transcript')),
    setIdleTimeout: () => undefined,
  }
}

async function converse(replies: Replies, client: Duplex, script: readonly string[], delivery: Delivery) {
  const happened: string[] = []
  const expected = script.filter(line => line.startsWith('S:')).length
  if (delivery === 'pipelined') {
    // Everything at once; the replies are then sorted back among the lines that they answer.
    const commands = script.filter(line => line.startsWith('C:'))
    client.write(commands.map(line => `${octetsOf(line)}\r\n`).join(''), 'latin1')
    const got: string[] = []
    while (got.length < expected) {
      const reply = await replies.next()
      got.push(reply)
      if (reply === CLOSED) break
    }
    for (const line of script) {
      if (line.startsWith('C:')) happened.push(line)
      else if (got.length > 0) happened.push(got.shift() ?? '')
    }
    return [...happened, ...got]
  }
  for (const line of script) {
    if (line.startsWith('S:')) happened.push(await replies.next())
    else {
      happened.push(line)
      const octets = `${octetsOf(line)}\r\n`
      for (const part of delivery === 'octet by octet' ? octets : [octets]) client.write(part, 'latin1')
    }
    if (happened.at(-1) === CLOSED) break
  }
  return happened
}

function octetsOf(line: string): string {
  return Buffer.from(line.slice(3).replaceAll('\\0', '\0'), 'utf8').toString('latin1')
}

/** The server's lines, one by one, then `S: <closed>`. */
class Replies {
  readonly #lines: string[] = []
  #text = ''
  #wake: (() => void) | undefined

  constructor(client: Duplex) {
    client.on('data', (chunk: Buffer) => {
      const lines = (this.#text + chunk.toString('utf8')).split('\r\n')
      this.#text = lines.pop() ?? ''
      this.#lines.push(...lines.map(line => `S: ${line.replaceAll('\0', '\\0')}`))
      this.#wake?.()
    })
    client.on('end', () => {
      if (this.#text !== '') this.#lines.push(`S: ${this.#text} <no line end>`)
      this.#lines.push(CLOSED)
      this.#wake?.()
    })
  }

  async next(): Promise<string> {
    if (this.#lines.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, QUIET_MS)
      await promise
      clearTimeout(timer)
    }
    return this.#lines.shift() ?? 'S: <silence>'
  }
}
