import { createFrontListener, type FrontListenerOptions } from '../net/front-listener.ts'
import type { Listener } from '../net/listener.ts'
import { type Pop3Options, servePop3 } from './connection.ts'

const IDLE_TIMEOUT_MS = 600_000 // RFC 1939 section 3: at least 10 minutes
const TOTAL_TIMEOUT_MS = 24 * 3_600_000

/** Options of the POP3 front. */
export interface Pop3ServerOptions extends Pop3Options, FrontListenerOptions {}

/** Makes the listener of the POP3 front. */
export function createPop3Server(options: Pop3ServerOptions): Listener {
  return createFrontListener(options, {
    name: 'pop3',
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    serve: connection => servePop3(connection, options),
  })
}
