import { join } from 'node:path'
import t from 'tap'
import { SharedSignIns } from '../../src/daemon/runs/shared-sign-ins.ts'
import { PosternError } from '../../src/errors.ts'
import { mailAccountOf, type SignInAttempt, SignInGuard } from '../../src/profile/sign-in-guard.ts'
import { makeProfile } from '../support/scheduler-world.ts'
import { silentLogger } from '../support/silent-logger.ts'

const ACCOUNT = mailAccountOf(makeProfile())
const REFUSED = new PosternError('UPSTREAM_SIGN_IN_REFUSED', 'no', { remedy: 'user', advice: '-' })

t.test('who shares a connection is one sign-in, refused once', async t => {
  const signIns = await SignInGuard.open(join(t.testdir(), 'sign-ins.json'), silentLogger())
  const shared = new SharedSignIns(signIns)
  const refused = async (attempt: SignInAttempt) => {
    await attempt.failed(REFUSED)
    throw REFUSED
  }
  const together = async () => {
    for (const outcome of await Promise.allSettled(Array.from({ length: 5 }, () => shared.with(ACCOUNT, refused)))) {
      t.match(outcome, { reason: { code: 'UPSTREAM_SIGN_IN_REFUSED' } })
    }
  }
  await together()
  await together()
  t.notOk(signIns.isStopped(ACCOUNT), 'two refusals, told to ten')
  await together()
  t.ok(signIns.isStopped(ACCOUNT))
  await t.rejects(shared.with(ACCOUNT, refused), { code: 'PROFILE_SIGN_IN_STOPPED' })
})

t.test('many who wait for much leave room for a run', async t => {
  const signIns = await SignInGuard.open(join(t.testdir(), 'sign-ins.json'), silentLogger())
  const shared = new SharedSignIns(signIns)
  const long = Promise.withResolvers<void>()
  const waits = Array.from({ length: 5 }, () => shared.with(ACCOUNT, () => long.promise))
  const run = await signIns.begin(ACCOUNT)
  run.accepted()
  long.resolve()
  await Promise.all(waits)
  for (let count = 0; count < 3; count++) await signIns.begin(ACCOUNT) // all places are free again
})
