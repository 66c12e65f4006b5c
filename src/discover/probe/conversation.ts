import type { Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import { LineConversation } from '../../net/line-conversation.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import type { Server } from '../reach/reach.ts'

const MAX_LINES = 200 // far more than any server says before a sign-in

/** A talk in lines with a server that was named by strangers. */
export class Conversation implements Disposable {
  readonly #server: Server
  readonly #talk: LineConversation<Socket>
  #socket: Socket

  constructor(socket: Socket, server: Server) {
    this.#server = server
    this.#socket = socket
    this.#talk = new LineConversation(socket, { maxLines: MAX_LINES, invalid: why => this.invalid(why) })
  }

  /**
   * The next line, without its end.
   *
   * @throws {PosternError} DISCOVER_SERVER_INVALID when the server ends, or says too much.
   */
  next(): Promise<string> {
    return this.#talk.next()
  }

  say(line: string): void {
    this.#talk.say(line)
  }

  /**
   * Goes on inside TLS.
   *
   * @throws {PosternError} DISCOVER_SERVER_INVALID, TLS_…, NET_LOST
   */
  async secure(secure: (socket: Socket) => Promise<Socket>): Promise<void> {
    this.#socket = await secure(this.#talk.release())
    this.#talk.continueOn(this.#socket)
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
    this.#talk[Symbol.dispose]()
    this.#socket.destroy()
  }
}
