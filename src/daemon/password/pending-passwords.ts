import type { Profile } from '../../profile/profiles.ts'
import type { Installation } from '../installation.ts'
import type { RunObserver, RunOptions, RunOutcome } from '../runs/run.ts'
import { provePassword } from './change-password.ts'

const REFUSALS: ReadonlySet<string> = new Set(['UPSTREAM_SIGN_IN_REFUSED', 'PROFILE_SIGN_IN_STOPPED'])

/**
 * Finds out how a change of password ended that was broken off: when the stored password is refused, the new one is
 * tried, once in the life of the process. It is not the password that the sign-in guard has counted refusals of.
 */
export class PendingPasswords implements RunObserver, AsyncDisposable {
  readonly #installation: Installation
  readonly #tried = new Set<number>()
  readonly #stopping = new AbortController()
  #work: Promise<void> = Promise.resolve()
  /** Told of every profile whose password was found. */
  onProven: (profile: Profile) => Promise<void> = async () => undefined

  constructor(installation: Installation) {
    this.#installation = installation
  }

  started(): void {
    // nothing is known yet
  }

  ended(profile: Profile, _run: RunOptions, outcome: RunOutcome): void {
    if (outcome.kind !== 'failed' || !REFUSALS.has(outcome.error.code)) return
    this.#work = this.#work.then(() => this.#try(profile))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('Postern is stopping'))
    await this.#work
  }

  /** Resolves when what was begun has ended. */
  async settled(): Promise<void> {
    await this.#work
  }

  async #try(profile: Profile): Promise<void> {
    const { number } = profile
    const { log } = this.#installation
    if (this.#tried.has(number) || this.#stopping.signal.aborted) return
    try {
      const pending = (await this.#installation.secrets()).find(number, 'pendingPassword')
      if (pending === undefined) return
      this.#tried.add(number)
      await provePassword(this.#installation, profile, pending, this.#stopping.signal)
      log.info({ profile: number }, 'the password of a change that was broken off is the right one, and is stored')
      await this.onProven(profile)
    } catch (error) {
      const isRefused = error instanceof Error && 'code' in error && REFUSALS.has(String(error.code))
      if (!isRefused) this.#tried.delete(number) // nobody has said anything of it
      log.warn({ err: error, profile: number }, 'the password of a change that was broken off was not proved')
    }
  }
}
