import type { Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import { LineSplitter } from '../../net/line-splitter.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import type { Server } from '../reach/reach.ts'

const MAX_LINE_OCTETS = 8192 // capability lines are long, and RFC 9051 names no limit
const MAX_LINES = 200 // far more than any server says before a sign-in

/** A talk in lines with a server that may say anything, and may be secured on the way. */
export class Conversation implements Disposable {
  readonly #server: Server
  #socket: Socket
  #lines = new LineSplitter(MAX_LINE_OCTETS)
  #count = 0
  #wake: () => void = () => undefined
  #failure: Error | undefined

  constructor(socket: Socket, server: Server) {
    this.#server = server
    this.#socket = socket
    this.#attach()
  }

  /**
   * The next line, without its end.
   *
   * @throws {PosternError} DISCOVER_SERVER_INVALID when the server ends, or says too much.
   */
  async next(): Promise<string> {
    for (;;) {
      const line = this.#lines.next()
      if (line) return this.#take(line.kind === 'line' ? line.octets : undefined)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const chunk: Buffer | null = this.#socket.read()
      if (chunk) this.#lines.push(chunk)
      else if (this.#failure || this.#socket.destroyed || this.#socket.readableEnded) throw this.invalid('it closed')
      else await promise
    }
  }

  say(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /**
   * Goes on inside TLS. What came in plain text before is not taken over (CVE-2011-0411).
   *
   * @throws {PosternError} DISCOVER_SERVER_INVALID, TLS_…, NET_LOST
   */
  async secure(secure: (socket: Socket) => Promise<Socket>): Promise<void> {
    const isClean = this.#lines.drain().length === 0 && this.#socket.readableLength === 0
    if (!isClean) throw this.invalid('it sent plain text after it had agreed to TLS')
    this.#detach()
    this.#socket = await secure(this.#socket)
    this.#lines = new LineSplitter(MAX_LINE_OCTETS)
    this.#attach()
  }

  /** The failure of a server that does not speak as it should. */
  invalid(why: string): PosternError {
    const { host, port } = this.#server
    return new PosternError<DiscoverErrorCode>(
      'DISCOVER_SERVER_INVALID',
      `${host}:${port} does not answer as it should: ${why}.`,
      {
        remedy: 'user',
        advice: 'Another server may listen there; see --trace for the others.',
      },
    )
  }

  [Symbol.dispose](): void {
    this.#detach()
    this.#socket.destroy()
  }

  #take(octets: Buffer | undefined): string {
    this.#count++
    if (!octets || this.#count > MAX_LINES) throw this.invalid('it says too much')
    return octets.toString('latin1')
  }

  #attach(): void {
    const socket = this.#socket
    socket.on('readable', this.#onEvent).on('end', this.#onEvent).on('close', this.#onEvent).on('error', this.#onError)
  }

  #detach(): void {
    const socket = this.#socket
    socket.off('readable', this.#onEvent).off('end', this.#onEvent).off('close', this.#onEvent)
    socket.off('error', this.#onError).on('error', () => undefined) // whoever holds it now sees its end
  }

  readonly #onEvent = (): void => this.#wake()

  readonly #onError = (error: Error): void => {
    this.#failure = error
    this.#wake()
  }
}
