import { createFrontListener, type FrontListenerOptions } from '../net/front-listener.ts'
import type { Listener } from '../net/listener.ts'
import { type SmtpOptions, serveSmtp } from './connection.ts'

const IDLE_TIMEOUT_MS = 330_000 // RFC 5321 section 4.5.3.2.7: at least 5 minutes
const TOTAL_TIMEOUT_MS = 6 * 3_600_000

/** Options of the SMTP front. */
export interface SmtpServerOptions extends SmtpOptions, FrontListenerOptions {}

/** Makes the listener of the SMTP front. */
export function createSmtpServer(options: SmtpServerOptions): Listener {
  return createFrontListener(options, {
    name: 'smtp',
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    serve: connection => serveSmtp(connection, options),
  })
}
