import { connect, type Socket } from 'node:net'
import { DOVECOT_PASSWORD } from '../../test/support/dovecot.ts'
import { FRONT_USER } from '../../test/support/front-account.ts'

/** A client that only waits for the end of its command. */
export class BenchClient {
  readonly #socket: Socket
  #tail = ''
  #tag = 0
  #waiting: { readonly tag: string; readonly resolve: () => void } | undefined
  #seen: { readonly text: string; readonly resolve: () => void } | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#onData(chunk))
  }

  static async open(port: number): Promise<BenchClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const client = new BenchClient(socket)
    await new Promise(resolve => socket.once('data', resolve))
    await client.command(`LOGIN ${FRONT_USER} ${DOVECOT_PASSWORD}`)
    return client
  }

  command(text: string): Promise<void> {
    const tag = `b${++this.#tag}`
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { tag, resolve }
    this.#socket.write(`${tag} ${text}\r\n`, 'latin1')
    return promise
  }

  /** Begins to wait until a text comes, and writes nothing. */
  next(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#seen = { text, resolve }
    return promise
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  close(): void {
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    this.#tail = (this.#tail + chunk.subarray(-4096).toString('latin1')).slice(-4096)
    if (this.#seen && this.#tail.includes(this.#seen.text)) {
      this.#tail = ''
      this.#seen.resolve()
      this.#seen = undefined
    }
    const { tag, resolve } = this.#waiting ?? {}
    const end = new RegExp(`(?:^|\\r\\n)${tag} (OK|NO|BAD)[^\\r\\n]*\\r\\n$`).exec(this.#tail)
    if (!end) return
    this.#tail = ''
    if (end[1] !== 'OK') throw new Error(end[0])
    resolve?.()
  }
}
