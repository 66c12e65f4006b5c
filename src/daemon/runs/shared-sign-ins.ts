import type { SignInAccount, SignInAttempt, SignInGuard } from '../../profile/sign-in-guard.ts'

interface Shared {
  readonly attempt: Promise<SignInAttempt>
  users: number
}

/** Lets those who share a connection count as one sign-in: the server refuses it once, whoever is told of that. */
export class SharedSignIns {
  readonly #signIns: SignInGuard
  readonly #shared = new Map<number, Shared>()

  constructor(signIns: SignInGuard) {
    this.#signIns = signIns
  }

  /**
   * Asks to sign in, or joins those of the profile who are at it, and does `work`.
   *
   * @throws {PosternError} PROFILE_SIGN_IN_STOPPED, and what `work` throws
   */
  async with<Result>(account: SignInAccount, work: (attempt: SignInAttempt) => Promise<Result>): Promise<Result> {
    const { number } = account.profile
    const shared = this.#shared.get(number) ?? { attempt: this.#signIns.begin(account), users: 0 }
    this.#shared.set(number, shared)
    shared.users++
    try {
      return await work(await shared.attempt)
    } finally {
      shared.users--
      if (shared.users === 0) await this.#end(number, shared)
    }
  }

  // Without an answer so far it is none: somebody else's connection was used, or none was needed.
  async #end(profile: number, { attempt }: Shared): Promise<void> {
    this.#shared.delete(profile)
    const begun = await attempt.catch(() => undefined) // told by each who waited for it
    await begun?.failed(undefined)
  }
}
