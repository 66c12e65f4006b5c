import { createFrontListener, type FrontListenerOptions } from '../net/front-listener.ts'
import type { Listener } from '../net/listener.ts'
import { IDLE_TIMEOUT_MS, type ImapOptions, serveImap } from './connection.ts'

const TOTAL_TIMEOUT_MS = 7 * 24 * 3_600_000 // mail programs stay for as long as they run

/** Options of the IMAP front. */
export interface ImapServerOptions extends ImapOptions, FrontListenerOptions {}

/** Makes the listener of the IMAP front. */
export function createImapServer(options: ImapServerOptions): Listener {
  return createFrontListener(options, {
    name: 'imap',
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    serve: connection => serveImap(connection, options),
  })
}
