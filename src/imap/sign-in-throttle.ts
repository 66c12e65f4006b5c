import { setTimeout } from 'node:timers/promises'

const FIRST_DELAY_MS = 1000
const MAX_DELAY_MS = 4000
const MAX_FAILURES = 5 // people who mistype need fewer, whoever guesses passwords more

/** Waits. */
export type Delay = (delayMs: number) => Promise<unknown>

/** Makes failed sign-ins of one connection slow, and few. */
export class SignInThrottle {
  readonly #delay: Delay
  #failures = 0

  constructor(delay: Delay = delayMs => setTimeout(delayMs, undefined, { ref: false })) {
    this.#delay = delay
  }

  /** Waits after a failure. Tells whether another try is allowed. */
  async fail(): Promise<boolean> {
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, MAX_DELAY_MS)
    this.#failures++
    await this.#delay(delayMs)
    return this.#failures < MAX_FAILURES
  }
}
