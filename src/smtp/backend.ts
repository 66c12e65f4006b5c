import type { SmtpReply } from '../formats/smtp/reply.ts'
import type { Authenticator } from '../sasl/sign-in.ts'

/** What a client says of a message before it comes (RFC 5321, 1870, 6152, 6531, 3461). */
export interface MailOptions {
  readonly size: number | undefined
  readonly is8BitMime: boolean
  readonly isSmtpUtf8: boolean
  /** RET and ENVID as they were given. */
  readonly dsn: readonly string[]
}

/** What it says of a recipient: NOTIFY and ORCPT as they were given (RFC 3461). */
export interface RcptOptions {
  readonly dsn: readonly string[]
}

/** Takes the octets of a message, dots doubled, without the final one. */
export interface MessageSink {
  /** Resolves when more may be written; undefined when there is room now. */
  write(octets: Buffer): Promise<void> | undefined
  /** The message is complete: says what has become of it. */
  end(): Promise<SmtpReply>
  /** The message must not be accepted by anybody. */
  abort(): void
}

/**
 * Where a signed-in client's messages go. `mail` and `rcpt` may be called before earlier replies are there; `data` only
 * after all of them. Replies are values, never exceptions.
 */
export interface Relay {
  mail(sender: string, options: MailOptions): Promise<SmtpReply>
  rcpt(recipient: string, options: RcptOptions): Promise<SmtpReply>
  data(): Promise<SmtpReply | MessageSink>
  /** Forgets the transaction. */
  reset(): void
  /** The client has left. */
  close(): void
}

/** What an SMTP session asks of the daemon. */
export interface SmtpBackend extends Authenticator {
  open(profile: string): Relay
  /** What a message of this profile may have at most, in octets. */
  maxMessageOctets(profile: string | undefined): number
}
