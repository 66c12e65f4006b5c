import t from 'tap'
import { ProfileSchedule, type ScheduleSettings } from '../../../src/daemon/schedule/profile-schedule.ts'
import { PosternError } from '../../../src/errors.ts'

const MINUTE = 60_000
const SETTINGS: ScheduleSettings = {
  automaticFolders: ['*'],
  priorityFolders: ['INBOX'],
  useOutlookSettings: false,
  prioritySyncMinutes: 1,
  standardSyncMinutes: 30,
  structureSyncMinutes: 20,
}
const ALL = { folders: [], scope: 'automatic', structure: 'also' } as const
const STANDARD = { folders: [], scope: 'automatic', structure: 'skip' } as const
const PRIORITY = { folders: [], scope: 'priority', structure: 'skip' } as const
const STRUCTURE = { folders: [], scope: 'automatic', structure: 'only' } as const

const failure = (code: string) => new PosternError(code, 'failed', { remedy: 'retry', advice: 'Wait.' })

/** Plays time on a schedule, minute by minute, and notes what is run when. */
function play(schedule: ProfileSchedule, settings: ScheduleSettings, minutes: number): [number, string][] {
  const runs: [number, string][] = []
  for (let minute = 0; minute <= minutes; minute++) {
    const run = schedule.due(settings, minute * MINUTE)
    if (!run) continue
    schedule.started(run, settings, minute * MINUTE)
    schedule.succeeded()
    runs.push([minute, `${run.scope} ${run.structure}`])
  }
  return runs
}

t.test('everything is due at the start, in one run', async t => {
  t.same(new ProfileSchedule().due(SETTINGS, 0), ALL)
})

t.test('each kind of folder has its interval, and the list of folders its own', async t => {
  const settings = { ...SETTINGS, prioritySyncMinutes: 10, standardSyncMinutes: 30, structureSyncMinutes: 15 }
  t.same(play(new ProfileSchedule(), settings, 60), [
    [0, 'automatic also'],
    [10, 'priority skip'],
    [15, 'automatic only'],
    [20, 'priority skip'],
    [30, 'automatic also'],
    [40, 'priority skip'],
    [45, 'automatic only'],
    [50, 'priority skip'],
    [60, 'automatic also'],
  ])
})

t.test('a changed interval counts at once', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  t.equal(schedule.due(SETTINGS, 0.5 * MINUTE), undefined)
  t.equal(schedule.nextMs(SETTINGS), MINUTE, 'the schedule tells when to look again')
  t.same(schedule.due({ ...SETTINGS, prioritySyncMinutes: 5, standardSyncMinutes: 2 }, 2 * MINUTE), STANDARD)
})

t.test('a long sleep makes everything due once, not once for each interval that has passed', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  t.same(schedule.due(SETTINGS, 600 * MINUTE), ALL)
  schedule.started(ALL, SETTINGS, 600 * MINUTE)
  t.equal(schedule.due(SETTINGS, 600 * MINUTE), undefined)
})

t.test('when Outlook drives, no interval counts; each poll runs all, at most every 10 seconds', async t => {
  const settings = { ...SETTINGS, useOutlookSettings: true }
  const schedule = new ProfileSchedule()
  t.same(play(schedule, settings, 120), [], 'nothing by itself')
  schedule.polled(settings, 0)
  t.same(schedule.due(settings, 0), ALL)
  schedule.started(ALL, settings, 0)
  t.equal(schedule.due(settings, 90 * MINUTE), undefined)
  schedule.polled(settings, 4000)
  t.equal(schedule.due(settings, 4000), undefined, 'too early')
  t.same(schedule.due(settings, 10_000), STANDARD, 'not forgotten; the list of folders is fresh')
})

t.test('without that, a poll hastens the priority folders, at most once a minute', async t => {
  const settings = { ...SETTINGS, prioritySyncMinutes: 15 }
  const schedule = new ProfileSchedule()
  schedule.started(ALL, settings, 0)
  schedule.polled(settings, 59_000)
  t.equal(schedule.due(settings, 14 * MINUTE), undefined)
  schedule.polled(settings, 60_000)
  t.same(schedule.due(settings, 60_000), PRIORITY)
})

t.test('folders that the server tells of, or a person opens, are run by name', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  schedule.wantFolders(['INBOX', 'Sent'], 1000)
  t.equal(schedule.due(SETTINGS, 999), undefined)
  const run = { folders: ['INBOX', 'Sent'], scope: 'all', structure: 'skip' } as const
  t.same(schedule.due(SETTINGS, 1000), run)
  schedule.started(run, SETTINGS, 1000)
  t.equal(schedule.due(SETTINGS, 1000), undefined)
  schedule.entered('Old', 2000)
  schedule.started({ ...run, folders: ['Old'] }, SETTINGS, 2000)
  schedule.entered('Old', 20_000)
  t.equal(schedule.due(SETTINGS, 20_000), undefined, 'a folder that was just read is not read again')
  schedule.entered('Old', 32_000)
  t.same(schedule.due(SETTINGS, 32_000), { ...run, folders: ['Old'] })
})

t.test('a run by class covers the folders of that class that were asked for, and no others', async t => {
  const settings = { ...SETTINGS, automaticFolders: ['INBOX', 'Sent'] }
  const schedule = new ProfileSchedule()
  schedule.wantFolders(['INBOX', 'Sent', 'Old'], 0)
  schedule.started(ALL, settings, 0)
  t.same(schedule.due(settings, 0)?.folders, ['Old'])
})

t.test('what failed is repeated after the back-off of its class', async t => {
  const delays = (code: string, count: number) => {
    const schedule = new ProfileSchedule()
    let nowMs = 0
    return Array.from({ length: count }, () => {
      schedule.started(ALL, SETTINGS, nowMs)
      schedule.failed(ALL, failure(code), nowMs)
      const atMs = schedule.nextMs(SETTINGS)
      if (atMs < Number.POSITIVE_INFINITY) t.same(schedule.due(SETTINGS, atMs), ALL, 'the same run again')
      t.equal(schedule.due(SETTINGS, Math.min(atMs - 1, Number.MAX_SAFE_INTEGER)), undefined, 'and not earlier')
      const waitMs = atMs - nowMs
      nowMs = atMs
      return waitMs / 1000
    })
  }
  t.same(delays('NET_REFUSED', 6), [5, 15, 60, 120, 300, 300], 'the way to the server')
  t.same(delays('UPSTREAM_BYE', 4), [60, 300, 1800, 1800], 'the server')
  t.same(delays('STORE_DISK_FULL', 3), [60, 60, 60], 'this machine: until the cause is gone')
  t.same(delays('UPSTREAM_SIGN_IN_REFUSED', 2), [60, 300], 'the right to be there')
  t.same(delays('PROFILE_SIGN_IN_STOPPED', 1), [Number.POSITIVE_INFINITY], 'until a person changes something')
})

t.test('another kind of failure begins its own count; a run that ends well forgets them', async t => {
  const schedule = new ProfileSchedule()
  const fail = (code: string) => {
    schedule.failed(ALL, failure(code), 0)
    return [schedule.failure?.class, schedule.failure?.failures]
  }
  t.same(fail('NET_DNS'), ['net', 1])
  t.same(fail('NET_TIMEOUT'), ['net', 2])
  t.same(fail('UPSTREAM_BYE'), ['server', 1])
  schedule.succeeded()
  t.equal(schedule.failure, undefined)
  t.same(fail('NET_DNS'), ['net', 1])
})

t.test('a changed network ends the waiting for the network alone', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  schedule.failed(ALL, failure('UPSTREAM_SIGN_IN_REFUSED'), 0)
  schedule.hasten(['net'])
  t.equal(schedule.due(SETTINGS, 0), undefined, 'a refused sign-in is no matter of the network')
  schedule.failed(ALL, failure('NET_UNREACHABLE'), 0)
  schedule.hasten(['net'])
  t.same(schedule.due(SETTINGS, 0), ALL)
})

t.test('a folder that is gone is not asked for again', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  const run = { folders: ['Gone'], scope: 'all', structure: 'skip' } as const
  schedule.failed(run, failure('STORE_NO_SUCH_FOLDER'), 0)
  t.equal(schedule.due(SETTINGS, 1000), undefined)
  t.equal(schedule.failure, undefined)
})

t.test('what was broken off stays wanted', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  schedule.postponed(STRUCTURE, 10)
  t.same(schedule.due(SETTINGS, 10), STRUCTURE)
})

t.test('a server that tells of very many folders is planned for', async t => {
  const schedule = new ProfileSchedule()
  schedule.started(ALL, SETTINGS, 0)
  const paths = Array.from({ length: 300_000 }, (_, index) => `folder ${index}`)
  schedule.wantFolders(paths, 7)
  t.equal(schedule.nextMs(SETTINGS), 7)
  t.equal(schedule.due(SETTINGS, 7)?.folders.length, paths.length)
})
