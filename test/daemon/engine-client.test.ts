import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'
import { EngineClient } from '../../src/daemon/engine/engine-client.ts'
import { silentLogger } from '../support/silent-logger.ts'

const CHANGE = { profile: 1, change: { kind: 'createFolder', path: 'x' } } as const

// A machine that is out of processes or memory: Node tells an error then, and no exit.
t.test('an engine that cannot be started is told, tried again, and holds up no end', async t => {
  const dir = t.testdir()
  const settings = { logsDir: dir, logLevel: 'errors', approvalsFile: join(dir, 'none'), version: '0' } as const
  const engine = new EngineClient(settings, silentLogger(), async () => 'token')
  let exits = 0
  const nothing = () => undefined
  engine.observe({ changed: nothing, watching: nothing, closed: nothing, exited: () => void exits++ })
  const { execPath } = process
  process.execPath = join(dir, 'no-node')
  t.teardown(() => {
    process.execPath = execPath
  })
  const request = { ...CHANGE, storeDir: join(dir, 'store') }
  for (let tries = 1; tries <= 2; tries++) {
    await t.rejects(engine.change(request), { code: 'DAEMON_ENGINE_CRASHED' })
    t.equal(exits, tries)
    t.equal(engine.pid, undefined)
  }
  await engine[Symbol.asyncDispose]()
  await t.rejects(engine.change(request), { code: 'DAEMON_STOPPING' }, 'afterwards none is started')
})
