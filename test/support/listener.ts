import { Client } from './front-server.ts'

/** An IMAP client of a server, which waits for what it is told. */
export class Listener {
  readonly #client: Client

  constructor(port: number) {
    this.#client = Client.to(port)
  }

  /** Says a command that must be answered OK, and resolves to everything up to that. */
  command(text: string): Promise<string> {
    this.#client.send(`a ${text}\r\n`)
    return this.told(/^a OK .*\r\n/m)
  }

  /** Everything up to the end of what matches. */
  async told(pattern: RegExp): Promise<string> {
    const text = await this.#client.until(pattern)
    const match = pattern.exec(text)
    if (!match) throw new Error(`the server has ended: ${text}`)
    const end = match.index + match[0].length
    this.#client.text = text.slice(end)
    return text.slice(0, end)
  }

  [Symbol.dispose](): void {
    this.#client.socket.destroy()
  }
}
