import { type SmtpReply, smtpReply } from '../../formats/smtp/reply.ts'
import type { Logger } from '../../log/logger.ts'
import type { MailOptions, MessageSink, RcptOptions, Relay } from '../backend.ts'
import type { Envelope, OutboxQueue } from './queue.ts'

const SENDER_OK = smtpReply(250, '2.1.0 sender ok')
const RECIPIENT_OK = smtpReply(250, '2.1.5 recipient ok')
const NOT_STORED = smtpReply(452, '4.3.1 the message could not be stored; try again later')

/** Options of {@link SpoolRelay}. */
export interface SpoolRelayOptions {
  readonly queue: OutboxQueue
  readonly clock: () => number
  readonly log: Logger
  /** A message has been taken into the outbox. */
  readonly onQueued: () => void
}

/** Takes messages into the outbox: 250 is said only when the message is durable. */
export class SpoolRelay implements Relay {
  readonly #options: SpoolRelayOptions
  #sender = ''
  #mail: MailOptions = { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] }
  #recipients: Envelope['recipients'][number][] = []

  constructor(options: SpoolRelayOptions) {
    this.#options = options
  }

  async mail(sender: string, options: MailOptions): Promise<SmtpReply> {
    this.#sender = sender
    this.#mail = options
    this.#recipients = []
    return SENDER_OK
  }

  async rcpt(address: string, { dsn }: RcptOptions): Promise<SmtpReply> {
    this.#recipients.push({ address, dsn })
    return RECIPIENT_OK
  }

  async data(): Promise<SmtpReply | MessageSink> {
    const { queue, clock, log, onQueued } = this.#options
    const envelope = { sender: this.#sender, options: this.#mail, recipients: this.#recipients, acceptedAtMs: clock() }
    try {
      const message = await queue.create(envelope)
      return {
        write: octets => message.write(octets),
        abort: () => void message.abort().catch(error => log.error({ err: error }, 'an unfinished message was left')),
        end: async () => {
          try {
            await message.commit()
          } catch (error) {
            log.error({ err: error }, 'a message could not be stored in the outbox')
            return NOT_STORED
          }
          onQueued()
          return smtpReply(250, `2.0.0 queued as ${message.id}`)
        },
      }
    } catch (error) {
      log.error({ err: error }, 'the outbox cannot be written')
      return NOT_STORED
    }
  }

  reset(): void {
    this.#recipients = []
  }

  close(): void {
    this.#recipients = []
  }
}
