import { PosternError } from '../../../errors.ts'
import type { StoreErrorCode } from '../../errors.ts'

const CHECKED_EVERY = 1024 // asking for the time costs more than looking at a row

/** How long a search may go on: a client can ask for any amount of work. */
export class SearchBudget {
  readonly #clock: () => number
  readonly #endMs: number
  #unchecked = 0

  constructor(maxMs: number, clock: () => number) {
    this.#clock = clock
    this.#endMs = clock() + maxMs
  }

  /**
   * Asks to go on with a piece of work.
   *
   * @throws {PosternError} STORE_SEARCH_TOO_LONG
   */
  spend(): void {
    if (this.#clock() > this.#endMs) throw tooLong()
  }

  /** The same for one of many small pieces. */
  spendLittle(): void {
    if (++this.#unchecked < CHECKED_EVERY) return
    this.#unchecked = 0
    this.spend()
  }
}

function tooLong(): PosternError {
  return new PosternError<StoreErrorCode>('STORE_SEARCH_TOO_LONG', 'A search was given up: it took too long.', {
    remedy: 'user',
    advice: 'Search in one folder, or for fewer words; new mail is found faster once it is indexed.',
  })
}
