import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import { Store } from '../../store/store.ts'

/** Which store of which profile. */
export interface StorePlace {
  readonly profile: number
  readonly storeDir: string
}

/** The stores that the engine process has open. */
export class OpenStores implements Disposable {
  readonly #log: Logger
  readonly #onClosed: (storeDir: string) => void
  readonly #onCommit: (profile: number) => void
  readonly #open = new Map<number, Store>()
  readonly #users = new Map<number, number>()
  readonly #held = new Set<number>()

  /** `onClosed` lets go of what else has files of a store open; `onCommit` is told after each transaction. */
  constructor(
    log: Logger,
    {
      onClosed,
      onCommit,
    }: Record<'onClosed', (storeDir: string) => void> & Record<'onCommit', (profile: number) => void>,
  ) {
    this.#log = log
    this.#onClosed = onClosed
    this.#onCommit = onCommit
  }

  /** @throws {PosternError} STORE_LOCKED while it is held, and what {@link Store.open} throws */
  get({ profile, storeDir }: StorePlace): Store {
    if (this.#held.has(profile)) throw beingCaredFor()
    const onCommit = () => this.#onCommit(profile)
    const open = this.#open.get(profile) ?? Store.open(storeDir, { clock: Date.now, log: this.#log, onCommit })
    this.#open.set(profile, open)
    return open
  }

  close(profile: number): void {
    const store = this.#open.get(profile)
    if (!store) return
    this.#open.delete(profile)
    store[Symbol.dispose]()
    this.#onClosed(store.dir)
  }

  /** Keeps a profile's store closed until the result is disposed of. */
  hold(profile: number): Disposable {
    this.#held.add(profile)
    return { [Symbol.dispose]: () => void this.#held.delete(profile) }
  }

  /**
   * Notes that a store is being worked with. After a failure of the disk nobody knows what the system holds in memory:
   * when the last who works with it ends, it is closed, and read anew it is what the disk has.
   */
  use(profile: number): Disposable {
    this.#users.set(profile, (this.#users.get(profile) ?? 0) + 1)
    return {
      [Symbol.dispose]: () => {
        const users = (this.#users.get(profile) ?? 1) - 1
        this.#users.set(profile, users)
        if (users === 0 && this.#open.get(profile)?.isSuspect) this.close(profile)
      },
    }
  }

  [Symbol.dispose](): void {
    for (const profile of [...this.#open.keys()]) this.close(profile)
  }
}

function beingCaredFor(): PosternError {
  return new PosternError<StoreErrorCode>('STORE_LOCKED', 'The store is being repaired or restored.', {
    remedy: 'retry',
    advice: 'Try again when that is done.',
  })
}
