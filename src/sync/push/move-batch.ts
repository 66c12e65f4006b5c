import type { PosternError } from '../../errors.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { PendingMove } from '../../store/queries/pending-changes.ts'
import { EXPUNGE_ISSUED, isDenied, isRefusal, isThrottled, refusalCode, SERVER_BUG } from '../refusal.ts'
import type { RemoteUid, WritableFolder } from '../remote.ts'
import { type RefusedChange, sendByHalves } from './halving.ts'
import type { PushContext } from './push-account.ts'

/** Between which folders messages are moved. */
export interface MoveRoute {
  readonly source: WritableFolder
  readonly destination: { readonly id: number; readonly path: string }
}

/** A message to be moved, and what recognises it when it has no Message-ID. */
export interface RecognisableMove extends PendingMove {
  readonly headerHash: Buffer | undefined
}

/** Moves messages between two folders. Where the server refuses, it finds out of which messages; the others are moved. */
export class MoveBatch {
  readonly #context: PushContext
  readonly #route: MoveRoute
  /** Those whose move is not decided yet, by their UIDs: sent to nobody, or refused each time. */
  readonly #open: Map<number, RecognisableMove>
  readonly #given = new Map<number, RemoteUid>()
  /** A refusal on the way there that is about no message: of CREATE, or of looking which are there. */
  #hopeless: unknown

  constructor(context: PushContext, route: MoveRoute, moves: readonly RecognisableMove[]) {
    this.#context = context
    this.#route = route
    this.#open = new Map(moves.map(move => [move.uid, move]))
  }

  /**
   * Moves them. A lost connection leaves in flight what has no answer: PLAN finds out.
   *
   * @throws {PosternError} UPSTREAM_REFUSED when any was refused; UPSTREAM_…
   */
  async run(): Promise<void> {
    this.#start()
    const batch = { uids: [...this.#open.keys()], send: (uids: readonly number[]) => this.#send(uids) }
    try {
      // Some servers answer commands out of order, and what FETCH tells names no command.
      const alone = await sendByHalves([batch], { concernsAll: error => this.#concernsAll(error), isSerial: true })
      const [first] = this.#settleRefused(alone)
      if (first) throw first.error
    } catch (error) {
      if (isRefusal(error)) this.#settleRefused([...this.#open.keys()].map(uid => ({ uid, error })))
      throw error
    }
  }

  #start(): void {
    this.#context.store.transact(({ push }) => {
      for (const { item, headerHash } of this.#open.values()) {
        push.moveStarted(item, this.#route.destination.id, headerHash)
      }
    })
  }

  async #send(all: readonly number[]): Promise<void> {
    const uids = all.filter(uid => this.#open.has(uid))
    if (uids.length === 0) return
    try {
      await this.#transfer(UidSet.of(uids))
    } catch (error) {
      if (isRefusal(error)) await this.#findHalfDone(uids)
      throw error
    }
    this.#settle(uids, this.#verb === 'copy')
  }

  /** One whose new UID is not known stays in flight: PLAN finds it. */
  #settle(uids: readonly number[], isCopy: boolean): void {
    this.#context.store.transact(({ push }) => {
      for (const uid of uids) {
        const move = this.#open.get(uid)
        if (move) push.moved(move.item, this.#given.get(uid), isCopy)
        this.#open.delete(uid)
      }
    })
  }

  /**
   * MOVE may have moved some before it was refused (RFC 6851 section 3.3), COPY none (RFC 9051 section 6.4.7). What is not
   * where it was, or was given a UID and is there all the same, is neither sent again nor undone: PLAN finds it.
   */
  async #findHalfDone(uids: readonly number[]): Promise<void> {
    const present = this.#verb === 'move' ? await this.#findPresent(uids) : new Set(uids)
    const isMoved = (uid: number) => this.#given.has(uid) && !present.has(uid)
    this.#settle(uids.filter(isMoved), false)
    for (const uid of uids) if (this.#given.has(uid) || !present.has(uid)) this.#open.delete(uid)
  }

  async #findPresent(uids: readonly number[]): Promise<ReadonlySet<number>> {
    try {
      const found = await this.#route.source.contents.fetchFlagsOf(UidSet.of(uids))
      return new Set(found.map(({ uid }) => uid))
    } catch (error) {
      for (const uid of uids) this.#open.delete(uid) // nobody knows where they are
      this.#hopeless = error
      throw error
    }
  }

  /**
   * Moves or copies. A destination that somebody has deleted meanwhile is made again; when somebody has removed one of the
   * messages meanwhile, the server may refuse them all once.
   */
  async #transfer(uids: UidSet): Promise<void> {
    const { source, destination } = this.#route
    const onGiven = (uid: number, given: RemoteUid) => this.#given.set(uid, given)
    const attempt = () => source[this.#verb](uids, destination.path, onGiven)
    try {
      await attempt()
      return
    } catch (error) {
      const code = refusalCode(error)
      if (code === 'TRYCREATE') await this.#create()
      else if (code !== EXPUNGE_ISSUED) throw error
    }
    await attempt()
  }

  async #create(): Promise<void> {
    try {
      await this.#context.remote.createFolder(this.#route.destination.path)
    } catch (error) {
      this.#hopeless = error
      throw error
    }
  }

  get #verb(): 'move' | 'copy' {
    return this.#context.remote.features.move ? 'move' : 'copy'
  }

  #concernsAll(error: PosternError): boolean {
    const code = refusalCode(error)
    const isAboutFolder = code === 'TRYCREATE' || code === 'OVERQUOTA' || isDenied(error)
    return isAboutFolder || (isThrottled(error) && code !== SERVER_BUG) || error === this.#hopeless
  }

  /**
   * A server that has no time now is asked again by the next cycle; one that does not want to gets its way. Gives those
   * that were still open.
   */
  #settleRefused(refused: readonly RefusedChange[]): readonly RefusedChange[] {
    const open = refused.filter(({ uid }) => this.#open.has(uid))
    if (open.length === 0) return open
    this.#context.store.transact(({ push }) => {
      for (const { uid, error } of open) {
        const item = this.#open.get(uid)?.item ?? 0
        this.#open.delete(uid)
        if (isThrottled(error) || refusalCode(error) === EXPUNGE_ISSUED) push.moveDeferred(item)
        else push.moveRefused(item, error.message)
      }
    })
    return open
  }
}
