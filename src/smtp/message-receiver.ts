import { DataScanner } from '../formats/smtp/data-scanner.ts'
import type { SmtpReply } from '../formats/smtp/reply.ts'
import type { MessageSink } from './backend.ts'
import { REPLIES } from './replies.ts'

/** What became of a chunk. */
export interface Received {
  /** What follows the message; undefined while it goes on. */
  readonly rest: Buffer | undefined
  /** Resolves when the sink can take more. */
  readonly pause: Promise<void> | undefined
}

/** Passes a message's octets to its sink, and finds out whether it may be accepted. */
export class MessageReceiver {
  readonly #sink: MessageSink
  readonly #maxOctets: number
  readonly #scanner = new DataScanner()
  #refusal: SmtpReply | undefined

  constructor(sink: MessageSink, maxOctets: number) {
    this.#sink = sink
    this.#maxOctets = maxOctets
  }

  push(chunk: Buffer): Received {
    const { octets, rest } = this.#scanner.push(chunk)
    if (this.#scanner.fault) this.#refuse(this.#scanner.fault === 'bare CR' ? REPLIES.bareCr : REPLIES.bareLf)
    else if (this.#scanner.octetCount > this.#maxOctets) this.#refuse(REPLIES.tooLarge)
    const pause = this.#refusal || octets.length === 0 ? undefined : this.#sink.write(octets)
    return { rest, pause }
  }

  /** The final dot has come: says what has become of the message. */
  async finish(): Promise<SmtpReply> {
    return this.#refusal ?? this.#sink.end()
  }

  /** The client left in the middle. */
  abort(): void {
    this.#sink.abort()
  }

  // The rest is still read, to its end: the next command must not be taken for a line of the message.
  #refuse(reply: SmtpReply): void {
    if (this.#refusal) return
    this.#refusal = reply
    this.#sink.abort()
  }
}
