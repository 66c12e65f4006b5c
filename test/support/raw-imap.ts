import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ImapResponse, parseResponse } from '../../src/formats/imap/response.ts'
import { type ResponsePart, ResponseReader } from '../../src/formats/imap/response-reader.ts'
import { type ImapValue, itemsOf, textOf } from '../../src/formats/imap/value.ts'

/** A client that shows what a server answers, value by value. */
export class RawImap implements Disposable {
  readonly #socket: Socket
  readonly #responses: ImapResponse[] = []
  #wake: () => void = () => undefined
  #tag = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    const reader = new ResponseReader({
      maxHeldOctets: 16 * 1_048_576,
      openLiteral: () => undefined,
      onResponse: (parts: readonly ResponsePart[]) => {
        this.#responses.push(parseResponse(parts))
        this.#wake()
      },
    })
    socket.on('data', (chunk: Buffer) => reader.push(chunk))
  }

  static async signIn(port: number, user: string, password: string): Promise<RawImap> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const imap = new RawImap(socket)
    await imap.run(`LOGIN ${user} ${password}`)
    return imap
  }

  /** Sends a command, whose literals need LITERAL+, and gives what comes before its OK. */
  async run(command: string | Buffer): Promise<ImapResponse[]> {
    const tag = `t${++this.#tag}`
    this.#socket.write(Buffer.concat([Buffer.from(`${tag} `), Buffer.from(command), Buffer.from('\r\n')]))
    for (;;) {
      const at = this.#responses.findIndex(response => response.kind === 'tagged' && response.tag === tag)
      if (at === -1) {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        continue
      }
      const [last, ...others] = this.#responses.splice(0, at + 1).reverse()
      if (last?.kind !== 'tagged' || last.status !== 'OK')
        throw new Error(`${command.toString('latin1')}: ${JSON.stringify(last)}`)
      return others.reverse()
    }
  }

  async append(folder: string, octets: Buffer): Promise<void> {
    await this.run(Buffer.concat([Buffer.from(`APPEND ${folder} {${octets.length}+}\r\n`), octets]))
  }

  /** Fetches items of a message: their names and values. */
  async fetch(number: number, items: string): Promise<Map<string, ImapValue>> {
    const fetched = (await this.run(`FETCH ${number} (${items})`)).find(response => response.kind === 'data')
    const answered = (fetched?.kind === 'data' && itemsOf(fetched.values[0])) || []
    const values = answered.filter(value => value.kind !== 'atom' || value.text !== '~') // what tells a literal8
    const pairs = Array.from({ length: values.length / 2 }, (_, at) => values.slice(2 * at, 2 * at + 2))
    return new Map(pairs.flatMap(([name, value]) => (value ? [[textOf(name) ?? '', value] as const] : [])))
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
