import type { ImapCommand } from '../../formats/imap/command/command-parser.ts'
import type { ImapAccount } from '../backend.ts'
import type { OpenMailbox } from '../open-mailbox.ts'
import type { Reply } from '../reply.ts'
import type { ImapSession, SessionState } from '../session.ts'
import type { Wire } from '../wire.ts'

/** A command with what it works on. */
export interface Request<Command extends ImapCommand = ImapCommand> {
  readonly session: ImapSession
  readonly tag: string
  readonly command: Command
}

/** One command. What `run` gives is its tagged reply; undefined when the client has to say more first. */
export interface CommandHandler {
  readonly states: readonly SessionState['kind'][]
  /** Whether expunges may be told before its reply (RFC 9051 section 7.5.1). */
  readonly mayExpunge: (command: ImapCommand) => boolean
  readonly run: (request: Request) => AsyncGenerator<Wire, Reply | undefined>
}

/** The command of a kind; several kinds may share one shape. */
export type CommandOf<Kind extends ImapCommand['kind'], Each = ImapCommand> = Each extends { readonly kind: infer Of }
  ? Kind extends Of
    ? Each & ImapCommand
    : never
  : never

export const ANY_STATE = ['anonymous', 'authenticated', 'selected'] as const
export const SIGNED_IN = ['authenticated', 'selected'] as const
export const SELECTED = ['selected'] as const

/** Makes the handler of a kind of command. */
export function handler<Kind extends ImapCommand['kind']>(
  states: CommandHandler['states'],
  run: (request: Request<CommandOf<Kind>>) => AsyncGenerator<Wire, Reply | undefined> | Promise<Reply | undefined>,
  mayExpunge: (command: CommandOf<Kind>) => boolean = () => true,
): CommandHandler {
  const generate = async function* (request: Request<CommandOf<Kind>>): AsyncGenerator<Wire, Reply | undefined> {
    const result = run(request)
    return result instanceof Promise ? await result : yield* result
  }
  // The table gives each handler only commands of its kind.
  return { states, run: generate, mayExpunge } as unknown as CommandHandler
}

/** The account of a session that has signed in. */
export function accountOf({ session }: Request): ImapAccount {
  if (session.state.kind === 'anonymous') throw new Error('nobody has signed in')
  return session.state.account
}

/** The account and the open mailbox. */
export function selectedOf({ session }: Request): { readonly account: ImapAccount; readonly open: OpenMailbox } {
  if (session.state.kind !== 'selected') throw new Error('no mailbox is open')
  return session.state
}

/** Tells whether a command's numbers are UIDs, so that expunges spoil none. */
export function isByUid(command: { readonly isUid: boolean }): boolean {
  return command.isUid
}
