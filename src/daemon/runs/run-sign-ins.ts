import { PosternError } from '../../errors.ts'
import { hasCollections, hasMailServer } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import {
  collectionsAccountOf,
  mailAccountOf,
  type SignInAttempt,
  type SignInGuard,
  signInStopped,
} from '../../profile/sign-in-guard.ts'
import { COLLECTIONS, type SyncEvent, type SyncResult } from '../../sync/progress.ts'

const REFUSED = 'UPSTREAM_SIGN_IN_REFUSED'

/**
 * The sign-ins of one run. Where a profile has calendars beside its mail they are two accounts, each with a count of its own:
 * that one of them takes the password says nothing of the other, and that one is stopped leaves the other alone.
 */
export class RunSignIns {
  readonly #guard: SignInGuard
  readonly #profile: Profile
  readonly #main: SignInAttempt
  readonly #beside: SignInAttempt | undefined
  /** Whether nobody is to sign in to the server of calendars any more. */
  readonly leavesCollections: boolean

  private constructor(guard: SignInGuard, profile: Profile, main: SignInAttempt, beside: SignInAttempt | undefined) {
    this.#guard = guard
    this.#profile = profile
    this.#main = main
    this.#beside = beside
    this.leavesCollections = hasBoth(profile) && beside === undefined
  }

  /** @throws {PosternError} PROFILE_SIGN_IN_STOPPED */
  static async begin(guard: SignInGuard, profile: Profile): Promise<RunSignIns> {
    const main = await guard.begin(mailAccountOf(profile))
    const account = collectionsAccountOf(profile)
    const beside = hasBoth(profile) && !guard.isStopped(account) ? await guard.begin(account) : undefined
    return new RunSignIns(guard, profile, main, beside)
  }

  /** A server took the password. */
  accepted({ server }: SyncEvent & { readonly kind: 'signed-in' }): void {
    if (server === 'collections' && hasBoth(this.#profile)) this.#beside?.accepted()
    else this.#main.accepted()
  }

  /** The run has ended; gives its result with what is to be told of sign-ins. A run may have had nothing to ask a server. */
  async done(result: SyncResult): Promise<SyncResult> {
    await this.#main.failed(undefined)
    const refused = result.errors.find(({ folder, code }) => folder === COLLECTIONS && code === REFUSED)
    const refusal = refused && new PosternError(REFUSED, refused.message, { remedy: 'user', advice: '' })
    await this.#beside?.failed(refusal)
    const account = collectionsAccountOf(this.#profile)
    if (!this.leavesCollections && !(refusal && this.#guard.isStopped(account))) return result
    const { code, message } = signInStopped(account, refusal)
    return {
      ...result,
      errors: [...result.errors.filter(each => each !== refused), { folder: COLLECTIONS, code, message }],
    }
  }

  /** The run has failed; gives why, and says so where it was one refusal too many. */
  async failed(error: unknown): Promise<unknown> {
    await this.#main.failed(error)
    await this.#beside?.failed(undefined)
    const account = mailAccountOf(this.#profile)
    const isRefusal = error instanceof PosternError && error.code === REFUSED
    return isRefusal && this.#guard.isStopped(account) ? signInStopped(account, error) : error
  }
}

function hasBoth(profile: Profile): boolean {
  return hasMailServer(profile) && hasCollections(profile)
}
