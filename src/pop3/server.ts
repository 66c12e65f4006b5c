import { Listener, type ListenerEvents, type ListenerOptions } from '../net/listener.ts'
import { type Pop3Options, servePop3 } from './connection.ts'

const IDLE_TIMEOUT_MS = 600_000 // RFC 1939 section 3: at least 10 minutes
const TOTAL_TIMEOUT_MS = 24 * 3_600_000

/** Options of the POP3 front. */
export interface Pop3ServerOptions
  extends Pop3Options,
    Pick<ListenerOptions, 'port' | 'greeting' | 'maxConnections' | 'secureContext' | 'hosts'> {
  readonly events: ListenerEvents
}

/** Makes the listener of the POP3 front. */
export function createPop3Server(options: Pop3ServerOptions): Listener {
  const { port, greeting, maxConnections, secureContext, hosts, events } = options
  return new Listener({
    name: 'pop3',
    port,
    greeting,
    maxConnections,
    secureContext,
    events,
    ...(hosts ? { hosts } : {}),
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    serve: connection => servePop3(connection, options),
  })
}
