import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import { mailAccountOf } from '../../profile/sign-in-guard.ts'
import type { MergeCounts } from '../../sync/merge/merge-account.ts'
import { requestOf } from '../engine/account-request.ts'
import type { MethodContext } from '../method.ts'
import { noPassword } from '../runs/run-outcomes.ts'

/**
 * Signs in to the account that a profile may be bound to, and counts what joining the local mail with it would do. Nothing
 * is changed, here or there.
 *
 * @throws {PosternError} PROFILE_NO_PASSWORD, PROFILE_SIGN_IN_STOPPED, and what keeps the account from being looked at
 */
export async function surveyAccount(
  candidate: Profile,
  password: string | undefined,
  { installation, emit, signal }: MethodContext,
): Promise<MergeCounts> {
  const { engine, network, signIns, syncs } = installation
  const stored = await installation.secrets()
  const secrets: Pick<Secrets, 'find'> = {
    find: (number, which) => (which === 'password' ? password : stored.find(number, which)),
  }
  const request = await requestOf(candidate, secrets, network)
  if (!request) throw noPassword(candidate)
  return syncs.exclusively(candidate, async () => {
    if (password !== undefined) await signIns.clear(candidate.number) // a person has just typed it
    const signIn = await signIns.begin(mailAccountOf(candidate))
    try {
      const counts = await engine.survey(
        request,
        event => (event.kind === 'signed-in' ? signIn.accepted() : emit(event)),
        signal,
      )
      signIn.accepted()
      return counts
    } catch (error) {
      await signIn.failed(error)
      throw await network.explain(candidate, error)
    }
  })
}
