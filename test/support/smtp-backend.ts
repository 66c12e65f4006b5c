import { smtpReply } from '../../src/formats/smtp/reply.ts'
import type { FrontConnection } from '../../src/net/front-connection.ts'
import type { MessageSink, Relay, SmtpBackend } from '../../src/smtp/backend.ts'
import { serveSmtp } from '../../src/smtp/connection.ts'

/** The one local password that {@link MemorySubmission} knows, for the user ada. */
export const PASSWORD = 'correct horse'
/** AUTH PLAIN's response of ada. */
export const ADA = Buffer.from(`\0ada\0${PASSWORD}`).toString('base64')

/** A message as it was handed over. */
export interface Submitted {
  readonly sender: string
  readonly recipients: readonly string[]
  readonly octets: Buffer
}

/** Takes messages into memory. Recipients that begin with `no` are refused, senders that begin with `bad` as well. */
export class MemorySubmission implements SmtpBackend {
  readonly messages: Submitted[] = []
  readonly maxOctets: number
  aborted = 0

  constructor(maxOctets = 1000) {
    this.maxOctets = maxOctets
  }

  async signIn(attempt: Parameters<SmtpBackend['signIn']>[0]): ReturnType<SmtpBackend['signIn']> {
    const isRight = attempt.kind === 'digest' ? attempt.matches(PASSWORD) : attempt.password === PASSWORD
    return isRight && attempt.user === 'ada' ? { kind: 'accepted', profile: 'work' } : { kind: 'refused' }
  }

  maxMessageOctets(): number {
    return this.maxOctets
  }

  open(): Relay {
    return new MemoryRelay(this)
  }
}

class MemoryRelay implements Relay {
  readonly #submission: MemorySubmission
  #sender = ''
  #recipients: string[] = []

  constructor(submission: MemorySubmission) {
    this.#submission = submission
  }

  async mail(sender: string) {
    this.#sender = sender
    this.#recipients = []
    return sender.startsWith('bad') ? smtpReply(550, '5.1.0 sender refused') : smtpReply(250, '2.1.0 sender ok')
  }

  async rcpt(recipient: string) {
    if (this.#sender.startsWith('bad')) return smtpReply(503, '5.5.1 no sender')
    if (recipient.startsWith('no')) return { code: 550, lines: ['5.1.1 no such', '5.1.1 recipient'] }
    this.#recipients.push(recipient)
    return smtpReply(250, '2.1.5 recipient ok')
  }

  async data(): Promise<MessageSink> {
    const chunks: Buffer[] = []
    const [sender, recipients] = [this.#sender, this.#recipients]
    return {
      write: octets => void chunks.push(octets),
      abort: () => void this.#submission.aborted++,
      end: async () => {
        this.#submission.messages.push({ sender, recipients, octets: Buffer.concat(chunks) })
        return smtpReply(250, '2.0.0 taken')
      },
    }
  }

  reset(): void {
    this.#recipients = []
  }

  close(): void {
    this.#recipients = []
  }
}

/** Serves an SMTP session on a memory backend. */
export function serve(connection: FrontConnection, backend: SmtpBackend = new MemorySubmission()): Promise<void> {
  return serveSmtp(connection, { backend })
}
