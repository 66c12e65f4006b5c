import { type Duplex, duplexPair } from 'node:stream'
import type { FrontConnection } from '../../../src/net/front-connection.ts'
import { connectionOn } from '../transcript.ts'

type Serve = (connection: FrontConnection) => Promise<void>

/** A client of one IMAP session, in the same process. */
export class ImapClient {
  readonly stream: Duplex
  readonly connection: FrontConnection & { isDraining: boolean }
  /** Settles when the server has done with the connection. */
  readonly served: Promise<void>
  #text = ''
  #wake: (() => void) | undefined
  #isEnded = false
  #tags = 0

  constructor(serve: Serve) {
    const [clientEnd, serverEnd] = duplexPair()
    this.stream = clientEnd
    this.connection = connectionOn(serverEnd)
    clientEnd.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      this.#wake?.()
    })
    clientEnd.on('end', () => {
      this.#isEnded = true
      this.#wake?.()
    })
    this.served = serve(this.connection)
    this.served.catch(() => undefined) // told to whoever waits for it
  }

  /** Makes a client that has signed in. */
  static async signedIn(serve: Serve): Promise<ImapClient> {
    const client = new ImapClient(serve)
    await client.command('LOGIN ada "correct horse"')
    return client
  }

  send(text: string): this {
    this.stream.write(text, 'latin1')
    return this
  }

  /** Sends a command, and resolves to everything up to its end. */
  async command(command: string): Promise<string> {
    const tag = `t${++this.#tags}`
    return this.send(`${tag} ${command}\r\n`).until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
  }

  /** Resolves to everything up to the end of what matches, or to all there is when the server has ended. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text)
      const end = match ? match.index + match[0].length : this.#isEnded ? this.#text.length : -1
      if (end !== -1) {
        const taken = this.#text.slice(0, end)
        this.#text = this.#text.slice(end)
        return taken
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }

  /** Resolves to all that comes until the server ends. */
  rest(): Promise<string> {
    return this.until(/(?!)/)
  }

  /** Ends the client's half, and waits for the server. */
  async end(): Promise<void> {
    this.stream.end()
    await this.served
  }
}
