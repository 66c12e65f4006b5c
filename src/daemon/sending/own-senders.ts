import { type SmtpReply, smtpReply } from '../../formats/smtp/reply.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { MailOptions, MessageSink, RcptOptions, Relay } from '../../smtp/backend.ts'

const NOT_OURS = smtpReply(553, '5.7.1 this profile does not send as that address: add it to its aliases')

/** Lets a profile send as its own addresses only; and without a sender, as receipts are. */
export class OwnSenders implements Relay {
  readonly #relay: Relay
  readonly #own: ReadonlySet<string>

  constructor(relay: Relay, { email, aliases = [] }: Pick<Profile, 'email' | 'aliases'>) {
    this.#relay = relay
    this.#own = new Set([email, ...aliases].map(address => address.toLowerCase()))
  }

  async mail(sender: string, options: MailOptions): Promise<SmtpReply> {
    const isOurs = sender === '' || this.#own.has(sender.toLowerCase())
    return isOurs ? this.#relay.mail(sender, options) : NOT_OURS
  }

  rcpt(recipient: string, options: RcptOptions): Promise<SmtpReply> {
    return this.#relay.rcpt(recipient, options)
  }

  data(): Promise<SmtpReply | MessageSink> {
    return this.#relay.data()
  }

  reset(): void {
    this.#relay.reset()
  }

  close(): void {
    this.#relay.close()
  }
}
