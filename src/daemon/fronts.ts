import type { SecureContext } from 'node:tls'
import type { Logger } from '../log/logger.ts'
import type { Listener, ListenerEvents, ListenerStatus } from '../net/listener.ts'

const DRAIN_MS = 2000

/** A front as `status` shows it. */
export interface FrontStatus {
  readonly name: string
  readonly address: string
  readonly addresses: readonly string[]
  readonly port: number
  readonly state: ListenerStatus['state']
  readonly connections: number
  /** Why the port is not ours, in words. */
  readonly problem: string | null
  readonly advice: string | null
}

/** Makes a front's listener from the settings of now. */
export type MakeListener = (events: ListenerEvents, secureContext: () => SecureContext | undefined) => Listener

/** One front of the daemon: can be stopped and started, each time with the settings of then. */
export class Front {
  readonly name: string
  readonly #make: MakeListener
  readonly #secureContext: () => SecureContext | undefined
  readonly #log: Logger
  #listener: Listener | undefined

  constructor(name: string, make: MakeListener, secureContext: () => SecureContext | undefined, log: Logger) {
    this.name = name
    this.#make = make
    this.#secureContext = secureContext
    this.#log = log.child({ component: name })
  }

  get status(): FrontStatus {
    const status = this.#listener?.status
    const [first = ''] = status?.addresses ?? []
    return {
      name: this.name,
      address: first.replace(/:\d+$/, ''),
      addresses: status?.addresses ?? [],
      port: status?.port ?? 0,
      state: status?.state ?? 'stopped',
      connections: status?.connections ?? 0,
      problem: status?.problem ? describeProblem(status) : null,
      advice: status?.problem ? adviseOn(this.name, status) : null,
    }
  }

  /** Listens; a taken port is a state that `status` tells, not a failure. */
  async start(): Promise<FrontStatus> {
    this.#listener ??= this.#make(this.#events(), this.#secureContext)
    await this.#listener.start()
    return this.status
  }

  async stop(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    await listener?.stop({ graceMs: DRAIN_MS })
  }

  #events(): ListenerEvents {
    return {
      failed: error => this.#log.error({ err: error }, 'a connection ended with a bug'),
      refused: () => this.#log.warn('a client was turned away: too many connections'),
      changed: ({ state, port, addresses, problem }) => {
        if (problem) this.#log.error({ port, code: problem.code, owner: problem.owner }, 'the port cannot be used')
        else this.#log.info({ state, addresses }, 'the front listens')
      },
    }
  }
}

function describeProblem({ port, problem }: ListenerStatus): string {
  if (problem?.code === 'NET_PORT_RESERVED') return `the system does not let this user listen on port ${port}`
  if (problem?.code !== 'NET_PORT_TAKEN') return `port ${port} of ${problem?.address} cannot be used`
  const owner = problem.owner ? `${problem.owner.command} (pid ${problem.owner.pid})` : 'another program'
  return `port ${port} is taken by ${owner}`
}

function adviseOn(name: string, { problem }: ListenerStatus): string {
  const other = problem?.suggestedPort ?? 0
  return `End that program, or use another port: postern config set fronts.${name}.port ${other}`
}
