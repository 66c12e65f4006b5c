import fc from 'fast-check'
import t from 'tap'
import {
  type PlannedRun,
  ProfileSchedule,
  type ScheduleSettings,
} from '../../../src/daemon/schedule/profile-schedule.ts'
import { PosternError } from '../../../src/errors.ts'

const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20261125)
const MAX_RUNS_AT_ONCE = 4 // what is due by class, the list of folders, and folders by name

const settings: fc.Arbitrary<ScheduleSettings> = fc.record({
  automaticFolders: fc.constantFrom(['*'], ['INBOX'], []),
  priorityFolders: fc.constantFrom(['INBOX'], ['*'], []),
  useOutlookSettings: fc.boolean(),
  prioritySyncMinutes: fc.integer({ min: 1, max: 5 }),
  standardSyncMinutes: fc.integer({ min: 1, max: 60 }),
  structureSyncMinutes: fc.integer({ min: 1, max: 60 }),
})

const path = fc.constantFrom('INBOX', 'Sent', 'Old')
const code = fc.constantFrom(
  'NET_DNS',
  'UPSTREAM_BYE',
  'STORE_DISK_FULL',
  'UPSTREAM_SIGN_IN_REFUSED',
  'PROFILE_SIGN_IN_STOPPED',
)
const event = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_600_000 }) }),
  fc.record({ kind: fc.constant('poll' as const) }),
  fc.record({ kind: fc.constant('push' as const), path }),
  fc.record({ kind: fc.constant('enter' as const), path }),
  fc.record({ kind: fc.constant('settings' as const), settings }),
  fc.record({ kind: fc.constant('outcome' as const), code: fc.option(code, { nil: undefined }) }),
  fc.record({ kind: fc.constant('network' as const) }),
)

t.test('whatever happens, a schedule never runs in circles, never forgets, and keeps to its back-off', async () => {
  const property = fc.property(settings, fc.array(event, { maxLength: 40 }), (first, events) => {
    const schedule = new ProfileSchedule()
    let [nowMs, current, fails]: [number, ScheduleSettings, string | undefined] = [0, first, undefined]
    for (const each of events) {
      if (each.kind === 'wait') nowMs += each.ms
      else if (each.kind === 'poll') schedule.polled(current, nowMs)
      else if (each.kind === 'push') schedule.wantFolders([each.path], nowMs)
      else if (each.kind === 'enter') schedule.entered(each.path, nowMs)
      else if (each.kind === 'settings') current = each.settings
      else if (each.kind === 'network') schedule.hasten(['net'])
      else fails = each.code
      runAll(schedule, current, nowMs, fails)
    }
  })
  fc.assert(property, { numRuns: 2000, seed: SEED })
})

/** Runs what is due, as the scheduler does, and checks what must hold. */
function runAll(schedule: ProfileSchedule, settings: ScheduleSettings, nowMs: number, fails: string | undefined): void {
  for (let runs = 0; ; runs++) {
    const run = schedule.due(settings, nowMs)
    assert((run !== undefined) === schedule.nextMs(settings) <= nowMs, 'the next look comes when something is due')
    if (!run) return
    assert(runs < MAX_RUNS_AT_ONCE, 'it ends')
    schedule.started(run, settings, nowMs)
    if (fails === undefined) schedule.succeeded()
    else checkFailure(schedule, settings, run, nowMs, fails)
  }
}

function checkFailure(
  schedule: ProfileSchedule,
  settings: ScheduleSettings,
  run: PlannedRun,
  nowMs: number,
  code: string,
) {
  schedule.failed(run, new PosternError(code, 'failed', { remedy: 'retry', advice: 'Wait.' }), nowMs)
  const retryAtMs = schedule.failure?.retryAtMs ?? 0
  assert(retryAtMs > nowMs, 'a failure is waited for')
  assert(
    schedule.due(settings, Math.min(retryAtMs - 1, Number.MAX_SAFE_INTEGER)) === undefined,
    'until then nothing is due',
  )
  if (retryAtMs === Number.POSITIVE_INFINITY) return
  const again = schedule.due(settings, retryAtMs)
  assert(again !== undefined, 'and then what failed is')
}

function assert(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what)
}
