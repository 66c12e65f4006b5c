import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t from 'tap'

const LOG = new URL('../../src/log/', import.meta.url)

t.test('what ends a process stands in its log', async t => {
  for (const [crash, origin] of [
    ['throw new Error("a bug")', 'uncaughtException'],
    ['Promise.reject(new Error("a bug"))', 'unhandledRejection'],
  ]) {
    const dir = join(t.testdir(), String(origin))
    const script = `
      const { DailyFile } = await import('${LOG}daily-file.ts')
      const { createLogger } = await import('${LOG}logger.ts')
      const { logCrashes } = await import('${LOG}crash-log.ts')
      const file = new DailyFile({ dir: ${JSON.stringify(dir)}, clock: Date.now })
      logCrashes(createLogger('errors', file), () => file.flush())
      setImmediate(() => { ${crash} })`
    const args = ['--input-type=module', '-e', script]
    t.equal(spawnSync(process.execPath, args, { stdio: 'ignore', timeout: 20_000 }).status, 1)
    const [name = ''] = readdirSync(dir)
    const line: unknown = JSON.parse(readFileSync(join(dir, name), 'utf8'))
    t.match(line, { level: 'fatal', origin, err: { stack: /a bug/ } })
  }
})
