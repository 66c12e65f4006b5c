import { PassThrough, type Readable } from 'node:stream'
import { PosternError } from '../../errors.ts'
import { DotUnstuffer } from '../../formats/smtp/dot-unstuffer.ts'
import { type SmtpReply, smtpReply } from '../../formats/smtp/reply.ts'
import type { Logger } from '../../log/logger.ts'
import type { Listener } from '../../net/listener.ts'
import { equalInConstantTime } from '../../sasl/constant-time.ts'
import type { SignInAttempt, SignInResult } from '../../sasl/sign-in.ts'
import type { MessageSink, Relay, SmtpBackend } from '../../smtp/backend.ts'
import { createSmtpServer, type SmtpServerOptions } from '../../smtp/server.ts'

const MAX_MESSAGE_OCTETS = 52_428_800 // 50 MB
const SENDER_OK = smtpReply(250, '2.1.0 sender ok')
const RECIPIENT_OK = smtpReply(250, '2.1.5 recipient ok')
const DELIVERED = smtpReply(250, '2.0.0 delivered')
const NOT_STORED = smtpReply(452, '4.3.1 the message could not be stored; try again later')

/**
 * Takes a message that was sent; it must be durable when this resolves. The octets are as the client had them before it
 * sent them. They end with an error when the client leaves in the middle, or the message must not be accepted.
 */
export type Deliver = (octets: AsyncIterable<Buffer>) => Promise<void>

/** Who may send through a {@link createSubmissionSink}, and where it goes. */
export interface SubmissionSinkOptions {
  readonly user: string
  readonly password: string
  readonly deliver: Deliver
  readonly log: Logger
  /** Defaults to 50 MB. */
  readonly maxMessageOctets?: number
}

/** Makes an SMTP front that takes messages for every recipient and delivers all of them to one place. */
export function createSubmissionSink(
  sink: SubmissionSinkOptions,
  server: Omit<SmtpServerOptions, 'backend'>,
): Listener {
  return createSmtpServer({ ...server, backend: new SinkBackend(sink) })
}

class SinkBackend implements SmtpBackend {
  readonly #options: SubmissionSinkOptions

  constructor(options: SubmissionSinkOptions) {
    this.#options = options
  }

  async signIn(attempt: SignInAttempt): Promise<SignInResult> {
    const { user, password } = this.#options
    const isPassword =
      attempt.kind === 'digest' ? attempt.matches(password) : equalInConstantTime(attempt.password, password)
    return isPassword && attempt.user === user ? { kind: 'accepted', profile: user } : { kind: 'refused' }
  }

  open(): Relay {
    return new SinkRelay(this.#options)
  }

  maxMessageOctets(): number {
    return this.#options.maxMessageOctets ?? MAX_MESSAGE_OCTETS
  }
}

class SinkRelay implements Relay {
  readonly #options: SubmissionSinkOptions

  constructor(options: SubmissionSinkOptions) {
    this.#options = options
  }

  async mail(): Promise<SmtpReply> {
    return SENDER_OK
  }

  async rcpt(): Promise<SmtpReply> {
    return RECIPIENT_OK
  }

  async data(): Promise<MessageSink> {
    return new DeliverySink(this.#options)
  }

  reset(): void {
    // envelopes are not kept
  }

  close(): void {
    // a message that is under way is aborted by the connection
  }
}

class DeliverySink implements MessageSink {
  readonly #stream = new PassThrough()
  readonly #dots = new DotUnstuffer()
  readonly #outcome: Promise<SmtpReply>

  constructor({ deliver, log }: SubmissionSinkOptions) {
    this.#stream.on('error', () => undefined) // told to who reads it
    this.#outcome = outcomeOf(deliver(this.#stream), this.#stream, log)
  }

  write(octets: Buffer): Promise<void> | undefined {
    // What was given up takes no more: the reply waits for the final dot.
    if (this.#stream.destroyed || this.#stream.write(this.#dots.push(octets))) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#stream.once('drain', resolve).once('close', resolve)
    return promise
  }

  async end(): Promise<SmtpReply> {
    this.#stream.end()
    return this.#outcome
  }

  abort(): void {
    this.#stream.destroy(new Error('the message was broken off'))
  }
}

async function outcomeOf(delivery: Promise<void>, stream: Readable, log: Logger): Promise<SmtpReply> {
  try {
    await delivery
    return DELIVERED
  } catch (error) {
    // Of the one who broke it off nobody waits for a reply.
    if (error !== stream.errored) report(error, log)
    stream.destroy()
    return NOT_STORED
  }
}

function report(error: unknown, log: Logger): void {
  const level = error instanceof PosternError ? 'warn' : 'error'
  log[level]({ err: error }, 'a message could not be delivered')
}
