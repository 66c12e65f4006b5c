import { Listener, type ListenerOptions } from './listener.ts'

/** What every front's listener is told by whoever starts it. */
export type FrontListenerOptions = Pick<
  ListenerOptions,
  'port' | 'greeting' | 'maxConnections' | 'secureContext' | 'hosts' | 'events'
>

/** What a front itself knows of its listener. */
export type FrontTraits = Pick<ListenerOptions, 'name' | 'idleTimeoutMs' | 'totalTimeoutMs' | 'serve'>

/** Makes the listener of a front; what else `options` hold is the front's own. */
export function createFrontListener(options: FrontListenerOptions, traits: FrontTraits): Listener {
  const { port, greeting, maxConnections, secureContext, hosts, events } = options
  return new Listener({ port, greeting, maxConnections, secureContext, events, ...(hosts ? { hosts } : {}), ...traits })
}
