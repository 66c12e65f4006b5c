import type { ImapCommand } from '../../formats/imap/command/command-parser.ts'
import type { ImapBackend } from '../backend.ts'
import type { Completion } from '../completion.ts'
import type { SignInThrottle } from '../sign-in-throttle.ts'
import type { Wire } from '../wire.ts'

/** What a session works with, whatever its state. */
export interface Services {
  readonly backend: ImapBackend
  readonly isSecure: boolean
  readonly canStartTls: boolean
  readonly throttle: SignInThrottle
  /** The largest message that APPEND takes, in octets. */
  readonly appendLimitOctets: number
}

/** One command's turn. */
export interface Turn<State> {
  readonly tag: string
  readonly state: State
  readonly services: Services
}

/** The untagged responses of a command, then its end. */
export type Answer = AsyncGenerator<Wire, Completion>

/** Obeys a command. Where no response comes before the end, the end is enough. */
export type Handler<Command, State> = (command: Command, turn: Turn<State>) => Answer | Promise<Completion> | Completion

/** The commands that are legal in a state, with what obeys them. */
export type Handlers<State> = {
  readonly [Kind in ImapCommand['kind']]?: Handler<ImapCommand & { readonly kind: Kind }, State>
}
