import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { FetchedPolicy, PolicyRequest } from '../../src/daemon/policy/policy-fetch.ts'
import { PolicyRunner } from '../../src/daemon/policy/policy-runner.ts'
import { PosternError } from '../../src/errors.ts'
import { Policies } from '../../src/profile/policies.ts'
import type { Profile, Profiles } from '../../src/profile/profiles.ts'
import { DIRECT } from '../support/direct-ways.ts'
import { makeProfile } from '../support/scheduler-world.ts'
import { silentLogger } from '../support/silent-logger.ts'

const MINUTE = 60_000
const URL = 'https://policy.example.test/'
const POLICY: FetchedPolicy = { kind: 'new', text: 'version: 1\nsettings: { keepDays: 9 }', etag: '"1"' }

/** A runner whose time and whose server are a test's. */
async function makeRunner(t: Test, answer: (request: PolicyRequest) => FetchedPolicy, settings: object = {}) {
  const policies = await Policies.open(join(t.testdir(), 'policies'), silentLogger())
  const world = {
    nowMs: 0,
    asked: [] as string[],
    profile: makeProfile({ policyUrl: URL, structureSyncMinutes: 20, ...settings }),
    changed: [] as (readonly string[])[],
    policies,
  }
  const current = (): Profile => ({ ...world.profile, ...policies.apply(world.profile) })
  const runner = new PolicyRunner(
    {
      profiles: { list: () => [current()], get: current } as unknown as Profiles, // all that is asked of them
      policies,
      approvalsFile: join(t.testdirName, 'approved.json'),
      log: silentLogger(),
      network: DIRECT,
    },
    profile => void world.changed.push(profile.fixed),
    {
      nowMs: () => world.nowMs,
      fetch: async request => {
        world.asked.push(`${world.nowMs / MINUTE} ${request.etag ?? '-'}`)
        return answer(request)
      },
    },
  )
  t.teardown(() => runner[Symbol.dispose]())
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      world.nowMs += MINUTE
      await runner.tick()
    }
  }
  return { world, runner, pass }
}

t.test('a policy is asked for at the start, and with the interval of the folder structure', async t => {
  const { world, runner, pass } = await makeRunner(t, ({ etag }) => (etag ? { kind: 'unchanged' } : POLICY))
  await runner.start()
  t.same(world.changed, [['keepDays']], 'the start waits for a policy that was never seen')
  await pass(45)
  t.same(world.asked, ['0 -', '20 "1"', '40 "1"'])
  t.same(world.changed.length, 1)
})

t.test('a server that fails is asked again after five minutes, another URL at once', async t => {
  const { world, runner, pass } = await makeRunner(t, () => {
    throw new PosternError('NET_TIMEOUT', 'Silence.', { remedy: 'retry', advice: 'Wait.' })
  })
  await runner.start()
  await pass(11)
  t.same(world.asked, ['0 -', '5 -', '10 -'])
  t.match(world.policies.problemOf(world.profile), { code: 'NET_TIMEOUT' })
  world.profile = makeProfile({ policyUrl: 'https://other.example.test/' })
  await pass(1)
  t.equal(world.asked.length, 4)
})

t.test('who works offline or names no policy asks for none', async t => {
  const paused = await makeRunner(t, () => POLICY, { paused: true })
  await paused.pass(60)
  t.same(paused.world.asked, [])
  const nameless = await makeRunner(t, () => POLICY, { policyUrl: undefined })
  await nameless.runner.start()
  await nameless.pass(60)
  t.same(nameless.world.asked, [])
})
