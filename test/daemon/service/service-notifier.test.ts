import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { takeServiceEnvironment } from '../../../src/config/service-environment.ts'
import { ServiceNotifier } from '../../../src/daemon/service/service-notifier.ts'
import { silentLogger } from '../../support/silent-logger.ts'

function stopTime(t: Test): void {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
}

const SERVICE = { notifySocket: '/run/notify', watchdogMs: 30_000 }

t.test('what the service manager asks is taken out of the environment, so that children do not see it', async t => {
  const environment = { NOTIFY_SOCKET: '@abstract', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7', PATH: '/bin' }
  t.same(takeServiceEnvironment(7, environment), { notifySocket: '@abstract', watchdogMs: 30_000 })
  t.same(environment, { PATH: '/bin' })
  t.equal(takeServiceEnvironment(7, environment), undefined, 'and only once')
})

t.test('signs of life are given only by the process that is watched', async t => {
  const ask = (more: object) => takeServiceEnvironment(7, { NOTIFY_SOCKET: '/n', ...more })?.watchdogMs
  t.equal(ask({ WATCHDOG_USEC: '1000000', WATCHDOG_PID: '8' }), undefined)
  t.equal(ask({ WATCHDOG_USEC: '1000000' }), 1000)
  t.equal(ask({ WATCHDOG_USEC: 'soon' }), undefined)
  t.equal(ask({}), undefined)
})

t.test('it says ready, alive three times an interval, and stopping', async t => {
  stopTime(t)
  const told: string[] = []
  const tell = async (assignments: readonly string[]) => void told.push(...assignments)
  using notifier = new ServiceNotifier(SERVICE, silentLogger(), tell)
  await notifier.ready('pop3 listening')
  t.same(told.splice(0), ['READY=1', 'STATUS=pop3 listening'])
  for (let second = 0; second < 30; second++) {
    mock.timers.tick(1000)
    await Promise.resolve().then(() => undefined)
  }
  t.same(told.splice(0), ['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1'])
  await notifier.stopping()
  t.same(told, ['STOPPING=1', 'STATUS=ending'])
})

t.test('a manager that cannot be told stops nothing and is not asked twice at a time', async t => {
  stopTime(t)
  const waiting: PromiseWithResolvers<void>[] = []
  const tell = () => {
    const answer = Promise.withResolvers<void>()
    waiting.push(answer)
    return answer.promise
  }
  using notifier = new ServiceNotifier(SERVICE, silentLogger(), tell)
  const ready = notifier.ready('')
  waiting[0]?.reject(new Error('ENOENT'))
  await ready
  mock.timers.tick(30_000)
  t.equal(waiting.length, 2, 'ready, and one sign of life that has not been taken yet')
})

t.test('without a service manager nothing is told', async t => {
  using notifier = new ServiceNotifier(undefined, silentLogger(), async () => t.fail('nobody is there'))
  await notifier.ready('')
  await notifier.stopping()
  t.pass('nothing was told')
})
