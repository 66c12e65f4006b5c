import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { portOf } from './front-server.ts'

/** A message that arrived. */
export interface SunkMessage {
  readonly sender: string
  readonly recipients: readonly string[]
  readonly sha256: string
  readonly octets: number
  /** The first 64 KiB. */
  readonly head: Buffer
}

/** A real SMTP server that takes everything, except recipients that begin with `no`. */
export interface SmtpSink extends AsyncDisposable {
  readonly port: number
  readonly messages: SunkMessage[]
}

/** What the sink is to be like. */
export interface SinkOptions {
  readonly certificate?: { readonly certFile: string; readonly keyFile: string }
  readonly port?: number
  readonly server?: SMTPServerOptions
  /** Called before the final dot is answered. */
  readonly onMessage?: (message: SunkMessage) => void
}

/** Starts a sink that knows the user ada with the password secret. */
export async function startSmtpSink({
  certificate,
  port = 0,
  server = {},
  onMessage,
}: SinkOptions = {}): Promise<SmtpSink> {
  const messages: SunkMessage[] = []
  const sink = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    hideDSN: false,
    logger: false,
    ...(certificate ? { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) } : {}),
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'ada@example.test' && password === 'secret') done(null, { user: 'ada' })
      else done(new Error('wrong password'))
    },
    onRcptTo: ({ address }, _session, done) => {
      done(address.startsWith('no') ? Object.assign(new Error('5.1.1 no such user here'), { responseCode: 550 }) : null)
    },
    onData: (stream, session, done) => {
      const hash = createHash('sha256')
      let [octets, head] = [0, Buffer.alloc(0)]
      stream.on('data', (chunk: Buffer) => {
        hash.update(chunk)
        octets += chunk.length
        if (head.length < 65_536) head = Buffer.concat([head, chunk]).subarray(0, 65_536)
      })
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const sender = mailFrom ? mailFrom.address : ''
        const message = {
          sender,
          recipients: rcptTo.map(({ address }) => address),
          sha256: hash.digest('hex'),
          octets,
          head,
        }
        messages.push(message)
        onMessage?.(message)
        done(null)
      })
    },
    ...server,
  })
  sink.on('error', () => undefined) // a client that was killed
  await new Promise<void>(resolve => sink.listen(port, '127.0.0.1', resolve))
  return {
    port: portOf(sink.server.address()),
    messages,
    [Symbol.asyncDispose]: () => new Promise<void>(resolve => sink.close(resolve)),
  }
}
