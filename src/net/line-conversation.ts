import type { Duplex } from 'node:stream'
import { LineSplitter } from './line-splitter.ts'

const MAX_LINE_OCTETS = 8192 // capability lines are long, and RFC 9051 names no limit

/** How a conversation is bounded, and how its failures are told. */
export interface ConversationOptions {
  /** More than any server says before a sign-in. */
  readonly maxLines: number
  /** Makes the error of a server that does not speak as it should. */
  readonly invalid: (why: string, cause?: Error) => Error
}

/**
 * A talk in lines with a server that may say anything, and may be secured on the way. Ends when the socket does: the caller
 * bounds the time.
 */
export class LineConversation<Socket extends Duplex> implements Disposable {
  readonly #options: ConversationOptions
  #socket: Socket
  #lines = new LineSplitter(MAX_LINE_OCTETS)
  #count = 0
  #wake: () => void = () => undefined
  #failure: Error | undefined

  constructor(socket: Socket, options: ConversationOptions) {
    this.#options = options
    this.#socket = socket
    this.#attach()
  }

  /**
   * The next line, without its end.
   *
   * @throws `invalid` when the server ends, or says too much.
   */
  async next(): Promise<string> {
    for (;;) {
      const line = this.#lines.next()
      if (line) return this.#take(line.kind === 'line' ? line.octets : undefined)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const chunk: Buffer | null = this.#socket.read()
      if (chunk) this.#lines.push(chunk)
      else if (this.#failure || this.#socket.destroyed || this.#socket.readableEnded) {
        throw this.#options.invalid('it closed', this.#failure)
      } else await promise
    }
  }

  say(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /**
   * Gives the socket back, for a handshake on it. What came in plain text before must not count as if it had come through
   * TLS (CVE-2011-0411).
   *
   * @throws `invalid` when the server has said more than was read.
   */
  release(): Socket {
    const isClean = this.#lines.drain().length === 0 && this.#socket.readableLength === 0
    if (!isClean) throw this.#options.invalid('it sent plain text after it had agreed to TLS')
    this.#detach()
    return this.#socket
  }

  /** Goes on on another socket: what TLS has made of the one before. */
  continueOn(socket: Socket): void {
    this.#socket = socket
    this.#lines = new LineSplitter(MAX_LINE_OCTETS)
    this.#attach()
  }

  /** Lets go of the socket, which stays as it is. */
  [Symbol.dispose](): void {
    this.#detach()
  }

  #take(octets: Buffer | undefined): string {
    this.#count++
    if (!octets || this.#count > this.#options.maxLines) throw this.#options.invalid('it says too much')
    return octets.toString('latin1')
  }

  #attach(): void {
    const socket = this.#socket
    socket.on('readable', this.#onEvent).on('end', this.#onEvent).on('close', this.#onEvent).on('error', this.#onError)
  }

  #detach(): void {
    const socket = this.#socket
    socket.off('readable', this.#onEvent).off('end', this.#onEvent).off('close', this.#onEvent)
    socket.off('error', this.#onError).off('error', ignoreTold).on('error', ignoreTold)
  }

  readonly #onEvent = (): void => this.#wake()

  readonly #onError = (error: Error): void => {
    this.#failure = error
    this.#wake()
  }
}

function ignoreTold(): void {
  // whoever holds the socket now sees its end
}
