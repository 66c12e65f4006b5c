import { type SmtpReply, smtpReply } from '../../src/formats/smtp/reply.ts'
import type { MessageSink, Relay, SmtpBackend } from '../../src/smtp/backend.ts'

/** The line with which the user ada signs in. */
export const SIGN_IN = `AUTH PLAIN ${Buffer.from('\0ada\0secret').toString('base64')}\r\n`
/** A transaction up to the message. */
export const ENVELOPE = 'MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n'

/** A relay that takes everything, but for what is replaced. */
export function takingRelay(replaced: Partial<Relay> = {}, sink: Partial<MessageSink> = {}): Relay {
  return {
    mail: async () => smtpReply(250, '2.1.0 sender ok'),
    rcpt: async () => smtpReply(250, '2.1.5 recipient ok'),
    data: async () => ({
      write: () => undefined,
      end: async (): Promise<SmtpReply> => smtpReply(250, '2.0.0 taken'),
      abort: () => undefined,
      ...sink,
    }),
    reset: () => undefined,
    close: () => undefined,
    ...replaced,
  }
}

/** A backend that knows ada, counts how often a relay is opened, and has one relay for all. */
export class FixedBackend implements SmtpBackend {
  readonly #relay: Relay
  opened = 0

  constructor(relay: Relay = takingRelay()) {
    this.#relay = relay
  }

  async signIn(attempt: Parameters<SmtpBackend['signIn']>[0]): ReturnType<SmtpBackend['signIn']> {
    const isRight = attempt.kind === 'digest' ? attempt.matches('secret') : attempt.password === 'secret'
    return isRight && attempt.user === 'ada' ? { kind: 'accepted', profile: 'work' } : { kind: 'refused' }
  }

  open(): Relay {
    this.opened++
    return this.#relay
  }

  maxMessageOctets(): number {
    return 1_000_000_000
  }
}
