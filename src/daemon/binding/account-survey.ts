import { hasCollections, hasMailServer } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import { collectionsAccountOf, mailAccountOf, type SignInAttempt } from '../../profile/sign-in-guard.ts'
import { requestOf } from '../engine/account-request.ts'
import type { AccountCounts, EngineEvent } from '../engine/engine-protocol.ts'
import type { Installation } from '../installation.ts'
import type { MethodContext } from '../method.ts'
import { noPassword } from '../runs/run-outcomes.ts'

/**
 * Signs in to the account that a profile may be bound to, and counts what joining all that is here with it would do. Nothing
 * is changed, here or there.
 *
 * @throws {PosternError} PROFILE_NO_PASSWORD, PROFILE_SIGN_IN_STOPPED, and what keeps the account from being looked at
 */
export async function surveyAccount(
  candidate: Profile,
  password: string | undefined,
  { installation, emit, signal }: MethodContext,
): Promise<AccountCounts> {
  const { engine, network, signIns, syncs } = installation
  const stored = await installation.secrets()
  const secrets: Pick<Secrets, 'find'> = {
    find: (number, which) => (which === 'password' ? password : stored.find(number, which)),
  }
  const request = await requestOf(candidate, secrets, network)
  if (!request) throw noPassword(candidate)
  return syncs.exclusively(candidate, async () => {
    if (password !== undefined) await signIns.clear(candidate.number) // a person has just typed it
    const signIn = await SurveySignIn.begin(signIns, candidate)
    const onEvent = (event: EngineEvent) => (event.kind === 'signed-in' ? signIn.accepted() : emit(event))
    try {
      const counts = await engine.survey(request, onEvent, signal)
      await signIn.failed(undefined)
      return counts
    } catch (error) {
      await signIn.failed(error)
      throw await network.explain(candidate, error)
    }
  })
}

/** The sign-ins of a survey, one after the other: to the mail server, then to that of the collections, where there are both. */
class SurveySignIn {
  readonly #open: SignInAttempt[]

  private constructor(main: SignInAttempt) {
    this.#open = [main]
  }

  static async begin(guard: Installation['signIns'], profile: Profile): Promise<SurveySignIn> {
    const main = await guard.begin(mailAccountOf(profile))
    const survey = new SurveySignIn(main)
    try {
      const hasBoth = hasMailServer(profile) && hasCollections(profile)
      if (hasBoth) survey.#open.push(await guard.begin(collectionsAccountOf(profile)))
      return survey
    } catch (error) {
      await survey.failed(undefined) // nobody was asked
      throw error
    }
  }

  accepted(): void {
    this.#open.shift()?.accepted()
  }

  /** It has ended; a refusal counts for the server that was asked then. */
  async failed(error: unknown): Promise<void> {
    const [asked, ...others] = this.#open.splice(0)
    await asked?.failed(error)
    for (const other of others) await other.failed(undefined)
  }
}
