import { PosternError } from '../../../src/errors.ts'
import type { Store } from '../../../src/store/store.ts'
import { pick } from './random.ts'

/** The process was killed: nothing of it does anything any more. */
export class Killed extends Error {}

/** Kills or cuts a run at random, before or after any network call and any commit. */
export class Faults {
  readonly #random: () => number
  /** The chance of a fault at each point. */
  chance = 0
  /** What others do while a call is under way. */
  meanwhile: (() => void) | undefined
  readonly #refused = new Map<string, number>()
  #isDead = false
  #isCut = false

  constructor(random: () => number) {
    this.#random = random
  }

  /** A new process. */
  revive(): void {
    this.#isDead = false
    this.#isCut = false
  }

  /** One network call: a fault before it means that it was not sent, after it that the answer was lost. */
  async call<Result>(effect: () => Result): Promise<Result> {
    await undefined // calls that are under way together go on together
    this.#networkPoint()
    if (this.meanwhile && this.#random() < 0.08) this.meanwhile()
    const result = effect()
    this.#networkPoint()
    return result
  }

  /** Tells with which response code a server refuses a message: each one twice at most, so that it is not given up. */
  refuses(message: string, reasons: readonly string[]): string | undefined {
    const before = this.#refused.get(message) ?? 0
    if (before >= 2 || this.#random() >= this.chance) return undefined
    this.#refused.set(message, before + 1)
    return pick(this.#random, reasons)
  }

  /** The store of a process that may be killed at any commit. */
  guard(store: Store): Store {
    const guarded = {
      read: store.read,
      transact: (change: Parameters<Store['transact']>[0]) => this.#commit(() => store.transact(change)),
      transactRepeatable: (change: Parameters<Store['transact']>[0]) =>
        this.#commit(() => store.transactRepeatable(change)),
      openPackWriter: () => store.openPackWriter(),
    }
    return guarded as unknown as Store // all that the engine uses of it
  }

  #commit<Result>(commit: () => Result): Result {
    this.#killPoint()
    const result = commit()
    this.#killPoint()
    return result
  }

  #networkPoint(): void {
    this.#killPoint()
    if (this.#isCut || this.#random() < this.chance / 2) {
      this.#isCut = true
      throw new PosternError('UPSTREAM_LOST', 'the model cut the connection', { remedy: 'retry', advice: '-' })
    }
  }

  #killPoint(): void {
    if (this.#isDead || this.#random() < this.chance / 2) {
      this.#isDead = true
      throw new Killed()
    }
  }
}
