import { pino } from 'pino'
import type { Test } from 'tap'
import { CutThroughRelay } from '../../src/daemon/sending/cut-through.ts'
import type { MailOptions, MessageSink, Relay } from '../../src/smtp/backend.ts'
import type { SmtpClientConnection } from '../../src/upstream/smtp/connection.ts'
import { SmtpPool } from '../../src/upstream/smtp/pool.ts'
import { connectTo, type Script, type ScriptedServer, startScripted } from './smtp-server-script.ts'

/** What a client says of an ordinary message. */
export const ORDINARY: MailOptions = { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] }

/** A scripted server, the connections to it, and relays that share them. */
export interface CutThrough {
  readonly server: ScriptedServer
  readonly connections: readonly SmtpClientConnection[]
  readonly open: () => Relay
}

/** Starts a scripted server and relays that share connections to it. */
export async function startCutThrough(t: Test, script: Script | ((session: number) => Script)): Promise<CutThrough> {
  const server = await startScripted(t, script)
  const connections: SmtpClientConnection[] = []
  const pool = new SmtpPool(async () => {
    const connection = await connectTo(t, server.port)
    connections.push(connection)
    return connection
  })
  t.teardown(() => pool[Symbol.dispose]())
  return { server, connections, open: () => new CutThroughRelay(pool, pino({ level: 'silent' })) }
}

/** Sends a message through a relay up to its final dot, which is the caller's to send. */
export async function begin(relay: Relay): Promise<MessageSink> {
  const answers = [relay.mail('a@x', ORDINARY), relay.rcpt('b@x', { dsn: [] })]
  await Promise.all(answers)
  const sink = await relay.data()
  if ('code' in sink) throw new Error(`refused: ${sink.code} ${sink.lines.join(' ')}`)
  await sink.write(Buffer.from('Subject: x\r\n\r\n..y\r\n'))
  return sink
}
