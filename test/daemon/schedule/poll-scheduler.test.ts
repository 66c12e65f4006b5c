import t from 'tap'
import { failedWith, makeProfile, SchedulerWorld } from '../../support/scheduler-world.ts'

t.test('folders are run by their intervals', async t => {
  using world = new SchedulerWorld({ prioritySyncMinutes: 2, standardSyncMinutes: 5, structureSyncMinutes: 60 })
  world.scheduler.start()
  world.pass(600)
  t.same(world.take(), [
    '0 automatic also',
    '120 priority skip',
    '240 priority skip',
    '300 automatic skip',
    '420 priority skip',
    '540 priority skip',
    '600 automatic skip',
  ])
})

t.test('with Outlook’s settings nothing runs until Outlook polls', async t => {
  using world = new SchedulerWorld({ useOutlookSettings: true })
  world.scheduler.start()
  world.pass(4000)
  t.same(world.take(), [])
  world.scheduler.polled('work')
  world.pass(600)
  t.same(world.take(), ['4001 automatic also'])
})

t.test('a local change is told to the server at once, unless that is switched off', async t => {
  using world = new SchedulerWorld()
  world.scheduler.start()
  world.pass(10)
  world.take()
  world.scheduler.changed('work', 'mail')
  world.scheduler.changed('work', 'mail')
  world.pass(5)
  t.same(world.take(), ['11 automatic skip'], 'once for both')
  world.scheduler.changed('work', 'folders')
  world.pass(5)
  t.same(world.take(), ['16 automatic also'])
  world.profile = makeProfile({ syncAfterChange: false })
  world.scheduler.changed('work', 'mail')
  world.pass(5)
  t.same(world.take(), [])
})

t.test('folders that the server tells of are run, those on demand only when they are opened', async t => {
  using world = new SchedulerWorld({ automaticFolders: ['INBOX', 'Sent'] })
  world.scheduler.start()
  world.pass(5)
  world.take()
  world.scheduler.serverChanged('work', ['Sent', 'Old'])
  world.pass(5)
  t.same(world.take(), ['6 Sent'])
  world.scheduler.entered('work', 'Old')
  world.pass(5)
  t.same(world.take(), ['11 Old'])
})

t.test('a paused profile runs nothing, and all of it when it goes on', async t => {
  using world = new SchedulerWorld({ paused: true })
  world.scheduler.start()
  world.pass(300)
  world.scheduler.polled('work')
  world.scheduler.changed('work', 'mail')
  world.scheduler.serverChanged('work', ['INBOX'])
  world.pass(300)
  t.same(world.take(), [])
  world.profile = makeProfile()
  world.pass(5)
  t.same(world.take(), ['601 automatic also'])
})

t.test('a pause with an end goes on by the clock on the wall, also after a sleep', async t => {
  const pausedUntil = new Date(1_700_000_000_000 + 600_000).toISOString()
  using world = new SchedulerWorld({ paused: true, pausedUntil })
  world.scheduler.start()
  world.pass(598)
  t.same(world.take(), [])
  t.equal(world.profile.paused, true)
  world.pass(5)
  t.same(world.take(), ['600 automatic also'])
  t.equal(world.profile.paused, false, 'the settings are cleaned')
  using sleeper = new SchedulerWorld({ paused: true, pausedUntil })
  sleeper.scheduler.start()
  sleeper.jump({ monotonicSeconds: 5, wallSeconds: 3600 })
  t.same(sleeper.take(), ['5 automatic also'])
})

t.test('a run under way is waited for', async t => {
  using world = new SchedulerWorld()
  world.answer = () => undefined
  world.scheduler.start()
  world.pass(3600)
  t.same(world.take(), ['0 automatic also'])
})

t.test('after a sleep connections are made anew and everything is run at once', async t => {
  for (const [machine, monotonicSeconds] of [
    ['Linux', 5],
    ['macOS, Windows', 3600],
  ] as const) {
    using world = new SchedulerWorld({ prioritySyncMinutes: 30 })
    world.scheduler.start()
    world.pass(100)
    world.take()
    world.jump({ monotonicSeconds, wallSeconds: 3600 })
    t.same(world.take(), [`${100 + monotonicSeconds} automatic also`], machine)
    t.equal(world.reconnects, 1)
    world.pass(20)
    t.same(world.take(), [], 'and only once')
    t.equal(world.reconnects, 1)
  }
})

t.test('a clock that is set back holds nothing up', async t => {
  using world = new SchedulerWorld({ prioritySyncMinutes: 2 })
  world.scheduler.start()
  world.pass(100)
  world.take()
  world.jump({ monotonicSeconds: 1, wallSeconds: -86_400 })
  t.same(world.take(), ['101 automatic also'])
  world.pass(120)
  t.same(world.take(), ['221 priority skip'])
})

t.test('failures after a sleep are the network’s, and are tried again soon', async t => {
  using world = new SchedulerWorld({ prioritySyncMinutes: 30 })
  world.scheduler.start()
  world.pass(10)
  world.take()
  world.answer = () => failedWith('NET_UNREACHABLE')
  world.jump({ monotonicSeconds: 5, wallSeconds: 8000 })
  t.match(world.scheduler.failureOf(world.profile), { class: 'net', failures: 1 })
  world.pass(25)
  t.same(world.take(), ['15 automatic also', '20 automatic also', '35 automatic also'])
})

t.test('a network that comes back is used at once; a lost address makes connections anew', async t => {
  using world = new SchedulerWorld({ prioritySyncMinutes: 30 })
  world.answer = () => failedWith('NET_DNS')
  world.addresses = []
  world.scheduler.start()
  world.pass(100)
  world.take()
  world.addresses = ['192.0.2.7']
  world.answer = () => undefined
  world.pass(1)
  t.same(world.take(), ['101 automatic also'], 'long before the back-off of 2 minutes has passed')
  t.equal(world.reconnects, 0)
  world.addresses = ['198.51.100.9']
  world.pass(1)
  t.equal(world.reconnects, 1)
})

t.test('neither a sleep nor another network tries a refused password again', async t => {
  using world = new SchedulerWorld()
  world.answer = () => failedWith('PROFILE_SIGN_IN_STOPPED')
  world.scheduler.start()
  t.same(world.take(), ['0 automatic also'])
  world.jump({ monotonicSeconds: 5, wallSeconds: 8000 })
  world.addresses = ['198.51.100.9']
  world.pass(4000)
  world.scheduler.polled('work')
  world.pass(100)
  t.same(world.take(), [])
  t.equal(world.scheduler.nextRunAt(world.profile), undefined)
  world.answer = () => undefined
  world.scheduler.runNow('work')
  world.pass(1)
  t.same(world.take(), ['4106 automatic also'], 'a new password does')
})
