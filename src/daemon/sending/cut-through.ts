import { PosternError } from '../../errors.ts'
import { isPositive, type SmtpReply, smtpReply } from '../../formats/smtp/reply.ts'
import type { Logger } from '../../log/logger.ts'
import type { MailOptions, MessageSink, RcptOptions, Relay } from '../../smtp/backend.ts'
import type { SmtpClientConnection } from '../../upstream/smtp/connection.ts'
import type { SmtpPool } from '../../upstream/smtp/pool.ts'

const NEEDS_8BIT = smtpReply(554, '5.6.3 your mail server does not take 8-bit messages')
const NEEDS_UTF8 = smtpReply(550, '5.6.7 your mail server does not take international addresses')
const UNKNOWN_FATE = smtpReply(451, '4.4.2 your mail server broke off; it is unknown whether it took the message')
const BROKE_OFF = smtpReply(451, '4.4.2 your mail server broke off; try again')
const BAD_SEQUENCE = smtpReply(503, '5.5.1 bad sequence of commands')

/**
 * Passes a client's transactions on to the real server while they happen: every recipient and every message gets the
 * server's own answer.
 */
export class CutThroughRelay implements Relay {
  readonly #pool: SmtpPool
  readonly #log: Logger
  /** The connection of the transaction under way. */
  #open: Promise<SmtpClientConnection> | undefined

  constructor(pool: SmtpPool, log: Logger) {
    this.#pool = pool
    this.#log = log
  }

  async mail(sender: string, options: MailOptions): Promise<SmtpReply> {
    const taken = this.#pool.take()
    const started = Promise.withResolvers<SmtpClientConnection>()
    started.promise.catch(() => undefined) // told by each command
    this.#open = started.promise
    try {
      const { connection, isReused } = await taken
      const refusal = lacking(connection, options)
      if (refusal) {
        this.#pool.put(connection)
        this.#open = undefined
        started.reject(new Error('no transaction'))
        return refusal
      }
      const reply = await this.#sendMail(connection, isReused, mailLine(connection, sender, options), started)
      if (!isPositive(reply)) this.reset()
      return relayed(reply)
    } catch (error) {
      this.#open = undefined
      started.reject(error)
      return this.#unreachable(error)
    }
  }

  async rcpt(recipient: string, { dsn }: RcptOptions): Promise<SmtpReply> {
    const open = this.#open
    if (!open) return BAD_SEQUENCE
    try {
      const connection = await open
      const hasDsn = connection.extensions.has('DSN')
      if (!hasDsn && dsn.length > 0) this.#log.info('the server knows no DSN: delivery reports were not asked for')
      const parameters = hasDsn ? dsn : []
      return relayed(await connection.command([`RCPT TO:<${recipient}>`, ...parameters].join(' ')))
    } catch (error) {
      return error instanceof PosternError ? BROKE_OFF : BAD_SEQUENCE
    }
  }

  async data(): Promise<SmtpReply | MessageSink> {
    const open = this.#open
    if (!open) return BAD_SEQUENCE
    try {
      const connection = await open
      const reply = await connection.command('DATA')
      if (reply.code !== 354) {
        if (isPositive(reply)) connection.destroy() // neither a message nor a refusal: out of step
        return isPositive(reply) ? BROKE_OFF : relayed(reply)
      }
      this.#open = undefined
      return this.#sink(connection)
    } catch (error) {
      return this.#unreachable(error)
    }
  }

  reset(): void {
    const open = this.#open
    this.#open = undefined
    open?.then(
      connection => this.#recycle(connection),
      () => undefined,
    )
  }

  close(): void {
    this.reset()
  }

  /**
   * Sends MAIL at once, so that recipients can follow it without waiting. A connection that had died while it was idle
   * is replaced: nothing of this transaction has reached the server.
   */
  async #sendMail(
    connection: SmtpClientConnection,
    isReused: boolean,
    line: string,
    started: PromiseWithResolvers<SmtpClientConnection>,
  ): Promise<SmtpReply> {
    if (!isReused) {
      const reply = connection.command(line)
      started.resolve(connection)
      return reply
    }
    const first = await connection.command(line).catch(() => undefined)
    if (first && first.code !== 421) {
      started.resolve(connection)
      return first
    }
    connection.destroy()
    const fresh = await this.#pool.takeNew()
    const reply = fresh.command(line)
    started.resolve(fresh)
    return reply
  }

  #sink(connection: SmtpClientConnection): MessageSink {
    return {
      write: octets => connection.write(octets),
      abort: () => connection.destroy(), // without the final dot no server takes it
      end: async () => {
        if (connection.hasFailed) return BROKE_OFF // the final dot was never sent
        try {
          const reply = await connection.finish()
          this.#pool.put(connection)
          return relayed(reply)
        } catch (error) {
          this.#log.warn({ err: error }, 'the server broke off after a message')
          return UNKNOWN_FATE
        }
      },
    }
  }

  async #recycle(connection: SmtpClientConnection): Promise<void> {
    const reply = await connection.command('RSET').catch(() => undefined)
    if (reply && isPositive(reply)) this.#pool.put(connection)
    else connection.destroy()
  }

  #unreachable(error: unknown): SmtpReply {
    if (!(error instanceof PosternError)) throw error
    this.#log.warn({ err: error }, 'the submission server cannot be used')
    const text = error.message.replace(/\s+/g, ' ')
    return smtpReply(451, error.remedy === 'user' ? `4.7.0 ${text}` : `4.4.1 ${text}`)
  }
}

function lacking({ extensions }: SmtpClientConnection, { is8BitMime, isSmtpUtf8 }: MailOptions): SmtpReply | undefined {
  if (isSmtpUtf8 && !extensions.has('SMTPUTF8')) return NEEDS_UTF8
  return is8BitMime && !extensions.has('8BITMIME') ? NEEDS_8BIT : undefined
}

/** Writes MAIL with the parameters that the server knows. */
export function mailLine({ extensions }: SmtpClientConnection, sender: string, options: MailOptions): string {
  const { size, is8BitMime, isSmtpUtf8, dsn } = options
  return [
    `MAIL FROM:<${sender}>`,
    ...(size !== undefined && extensions.has('SIZE') ? [`SIZE=${size}`] : []),
    ...(is8BitMime && extensions.has('8BITMIME') ? ['BODY=8BITMIME'] : []),
    ...(isSmtpUtf8 ? ['SMTPUTF8'] : []),
    ...(extensions.has('DSN') ? dsn : []),
  ].join(' ')
}

// 421 says that the connection closes: the server's does, ours to the client does not.
function relayed(reply: SmtpReply): SmtpReply {
  return reply.code === 421 ? { ...reply, code: 451 } : reply
}
