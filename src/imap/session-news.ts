import { type AccountNews, ImapRefusal } from './backend.ts'
import { type NewsOptions, tellNews } from './mailbox/mailbox-news.ts'
import { Rest } from './notify/rest.ts'
import type { Authenticated, Selected, State } from './session-state.ts'
import type { Wire } from './wire.ts'

/** Hears what changes in an account, and tells a client of it when it may. */
export class SessionNews implements Disposable {
  /** Whether something was heard that was not looked for outside of a command yet. */
  #isAwake = false
  /** After other mailboxes were told of: they are counted again for it, and a first download changes one many times a second. */
  readonly #rest: Rest
  /** Whether something of other mailboxes waits for the end of the rest. */
  #isPutOff = false

  /** `onRested` is called when there may be something to say that was put off. */
  constructor(onRested: () => void) {
    this.#rest = new Rest(() => {
      this.#isAwake ||= this.#isPutOff
      this.#isPutOff = false
      onRested()
    })
  }

  /** Takes what the account says. */
  hear(news: AccountNews, user: Authenticated | Selected): void {
    user.events.hear(news)
    this.#isAwake = true
    if (user.kind === 'selected' && isOf(news, user)) user.open.isStale = true
  }

  /** The session goes over into another state. */
  entering(before: State, next: State): void {
    // What happened before an IDLE is told at once.
    if (next.kind === 'idle') this.#isAwake = true
    else if (before.kind === 'selected') before.events.left(before.open)
  }

  /** Tells whether there may be something to say now that no command is under way. */
  isDue(state: State): boolean {
    const user = listenerOf(state)
    if (!this.#isAwake || !user) return false
    const openId = user.kind === 'selected' ? user.open.id : undefined
    const isOpenDue = user.kind === 'selected' && user.open.hasNews(canExpungeNow(state, user))
    return isOpenDue || (!this.#rest.isOn && user.events.hasNews(openId))
  }

  /**
   * Tells what there is to tell while no command is under way. What cannot be read is looked for again when more is heard.
   *
   * @throws {MailboxGone}
   */
  async *tellNow(state: State): AsyncGenerator<Wire> {
    this.#isAwake = false
    const user = listenerOf(state)
    if (!user) return
    const hasOthers = !this.#rest.isOn
    this.#isPutOff ||= !hasOthers
    const beginMs = performance.now()
    yield* this.tell(user, { canExpunge: canExpungeNow(state, user), hasOthers })
    if (hasOthers) this.#rest.begin(performance.now() - beginMs)
  }

  /**
   * Tells what there is to tell at the end of a command.
   *
   * @throws {MailboxGone}
   */
  async *tell(user: Authenticated | Selected, options: NewsOptions): AsyncGenerator<Wire> {
    if (user.kind === 'selected' && user.open.hasNews(options.canExpunge)) yield* this.#tellOpen(user, options)
    const openId = user.kind === 'selected' ? user.open.id : undefined
    if (options.hasOthers === false || !user.events.hasNews(openId)) return
    const { account, dialect, events } = user
    yield* unlessRefused(events.tell({ account, dialect, openId }))
  }

  [Symbol.dispose](): void {
    this.#rest[Symbol.dispose]()
  }

  async *#tellOpen(user: Selected, options: NewsOptions): AsyncGenerator<Wire> {
    if (!(yield* unlessRefused(tellNews(user, options)))) user.open.isStale = true
  }
}

/** False when it was refused: there is nobody to say so to. */
async function* unlessRefused(wires: AsyncGenerator<Wire, unknown>): AsyncGenerator<Wire, boolean> {
  try {
    yield* wires
    return true
  } catch (error) {
    if (!(error instanceof ImapRefusal)) throw error
    return false
  }
}

/** Who is told between commands: a client that is idle, or has said NOTIFY. */
function listenerOf(state: State): Authenticated | Selected | undefined {
  if (state.kind === 'idle') return state.during
  const isUser = state.kind === 'authenticated' || state.kind === 'selected'
  return isUser && state.events.isOn ? state : undefined
}

// RFC 5465 section 6.1: some clients have said that they use no message numbers in commands.
function canExpungeNow(state: State, { events }: Authenticated | Selected): boolean {
  return state.kind === 'idle' || !events.selected.isDelayed
}

/** Whoever wants to hear nothing of messages is still told when the mailbox itself has gone. */
function isOf(news: AccountNews, { open, events }: Selected): boolean {
  return news.kind === 'mailboxes' || (news.mailbox === open.id && events.selected.extent !== 'none')
}
