import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { PosternError } from '../../errors.ts'
import { isPositive } from '../../formats/smtp/reply.ts'
import { connectSmtp, describe } from '../../upstream/smtp/client.ts'
import type { Control } from '../control/control.ts'
import type { DaemonErrorCode } from '../errors.ts'

const HOST = '127.0.0.1'
const PATIENCE_MS = 30_000
const LOOK_MS = 100

/** How a local client signs in. */
export interface LocalSignIn {
  readonly user: string
  readonly password: string
}

/**
 * Asks a POP3 front for mail as Outlook does; gives its answer to STAT, such as `+OK 0 0`.
 *
 * @throws {PosternError} DAEMON_DEMO_FAILED
 */
export async function pollPop3(port: number, { user, password }: LocalSignIn, signal: AbortSignal): Promise<string> {
  const socket = connect({ host: HOST, port, signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) })
  try {
    await once(socket, 'connect')
    const answers: string[] = []
    const commands = [`USER ${user}`, `PASS ${password}`, 'STAT', 'QUIT']
    for await (const line of createInterface({ input: socket })) {
      answers.push(line)
      if (!line.startsWith('+OK')) throw failed(`the POP3 front answered ${JSON.stringify(line)}`)
      const next = commands.shift()
      if (next === undefined) break
      socket.write(`${next}\r\n`)
    }
    return answers[3] ?? ''
  } catch (error) {
    throw error instanceof PosternError ? error : failed('the POP3 front did not answer', error)
  } finally {
    socket.destroy()
  }
}

/**
 * Sends a message through the SMTP front to its own sender, as Outlook does.
 *
 * @throws {PosternError} DAEMON_DEMO_FAILED
 */
export async function sendThrough(port: number, who: LocalSignIn, message: Buffer, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const account = { peer: { host: HOST, port }, security: 'none', credentials: async () => who } as const
  // Never asked: nothing is encrypted on the way to our own front.
  const verifier = { secure: () => Promise.reject(new Error('no TLS here')) }
  const connection = await connectSmtp(account, verifier, limit)
  try {
    for (const line of [`MAIL FROM:<${who.user}>`, `RCPT TO:<${who.user}>`, 'DATA']) {
      const reply = await connection.command(line)
      if (!isPositive(reply) && reply.code !== 354) throw failed(`the SMTP front answered ${describe(reply)}`)
    }
    await connection.write(message)
    const reply = await connection.finish()
    if (!isPositive(reply)) throw failed(`the SMTP front answered ${describe(reply)}`)
  } finally {
    connection.destroy()
  }
}

/**
 * Waits until a message has come by synchronization; gives the time in ms.
 *
 * @throws {PosternError} DAEMON_DEMO_FAILED
 */
export async function untilArrived(control: Control, messageId: string, signal: AbortSignal): Promise<number> {
  const begin = performance.now()
  while (performance.now() - begin < PATIENCE_MS) {
    let hasArrived = false
    const onEvent = (event: unknown) => {
      const { items } = event as { items: readonly { messageId: string | null }[] } // pages, by the control API
      hasArrived ||= items.some(item => item.messageId === messageId)
    }
    await control.call('item.list', { folder: 'INBOX' }, { signal, onEvent })
    if (hasArrived) return performance.now() - begin
    await delay(LOOK_MS, undefined, { signal })
  }
  throw failed(`the message did not arrive within ${PATIENCE_MS / 1000} s`)
}

/** What keeps the demo from being shown. */
export function failed(why: string, cause?: unknown): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_DEMO_FAILED', `The demo did not work: ${why}.`, {
    remedy: 'retry',
    advice: 'Try again; if it stays, see the log in the folder that the demo names.',
    cause,
  })
}
