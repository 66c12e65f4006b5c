import { type SmtpReply, smtpReply } from '../../formats/smtp/reply.ts'
import type { Listener } from '../../net/listener.ts'
import type { Authenticator } from '../../sasl/sign-in.ts'
import type { MessageSink, Relay } from '../../smtp/backend.ts'
import { createSmtpServer, type SmtpServerOptions } from '../../smtp/server.ts'
import type { Store } from '../../store/store.ts'
import { putMessages } from './fill-store.ts'

const MAX_MESSAGE_OCTETS = 52_428_800

/** A submission port whose mail goes nowhere but into the Inbox of a store. */
export interface SinkOptions extends Omit<SmtpServerOptions, 'backend'>, Authenticator {
  readonly store: Store
  readonly clock: () => number
}

/** Makes the listener of a sink. */
export function createSink({ store, clock, signIn, ...options }: SinkOptions): Listener {
  const deliver = (octets: Buffer) =>
    putMessages(store, [{ folder: 'INBOX', octets, flags: [], internalDateMs: clock() }])
  const backend = { signIn, open: () => new SinkRelay(deliver), maxMessageOctets: () => MAX_MESSAGE_OCTETS }
  return createSmtpServer({ ...options, backend })
}

/** Takes everything; what comes is held in memory, which a demo may. */
class SinkRelay implements Relay {
  readonly #deliver: (octets: Buffer) => Promise<void>

  constructor(deliver: (octets: Buffer) => Promise<void>) {
    this.#deliver = deliver
  }

  async mail(): Promise<SmtpReply> {
    return smtpReply(250, '2.1.0 sender taken')
  }

  async rcpt(): Promise<SmtpReply> {
    return smtpReply(250, '2.1.5 recipient taken')
  }

  async data(): Promise<MessageSink> {
    const chunks: Buffer[] = []
    return {
      write: octets => {
        chunks.push(Buffer.from(octets))
        return undefined
      },
      end: async () => {
        await this.#deliver(withoutDots(Buffer.concat(chunks)))
        return smtpReply(250, '2.0.0 delivered')
      },
      abort: () => void chunks.splice(0),
    }
  }

  reset(): void {
    // A transaction leaves nothing behind.
  }

  close(): void {
    // Nor does a session.
  }
}

// RFC 5321 section 4.5.2: a line that began with a dot came with another one.
function withoutDots(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replace(/^\.\./gm, '.'), 'latin1')
}
