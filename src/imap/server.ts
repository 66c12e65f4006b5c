import { Listener, type ListenerEvents, type ListenerOptions } from '../net/listener.ts'
import { IDLE_TIMEOUT_MS, type ImapOptions, serveImap } from './connection.ts'

const TOTAL_TIMEOUT_MS = 7 * 24 * 3_600_000 // mail programs stay for as long as they run

/** Options of the IMAP front. */
export interface ImapServerOptions
  extends ImapOptions,
    Pick<ListenerOptions, 'port' | 'greeting' | 'maxConnections' | 'secureContext' | 'hosts'> {
  readonly events: ListenerEvents
}

/** Makes the listener of the IMAP front. */
export function createImapServer(options: ImapServerOptions): Listener {
  const { port, greeting, maxConnections, secureContext, hosts, events } = options
  return new Listener({
    name: 'imap',
    port,
    greeting,
    maxConnections,
    secureContext,
    events,
    ...(hosts ? { hosts } : {}),
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    serve: connection => serveImap(connection, options),
  })
}
