import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigFile } from '../../src/config/config-file.ts'

const PROFILE = { number: 1, email: 'ada@example.test', imap: 'imaps://imap.example.test' }

t.test('changes that are made at the same time are all kept, with the comments', async t => {
  const file = join(t.testdir(), 'config.yaml')
  writeFileSync(file, '# mine\nlog: { level: errors } # as I want it\n')
  const config = await ConfigFile.open(file)
  await config.change(['profiles', 'work'], PROFILE)
  const changes = [
    config.change(['profiles', 'work', 'metered'], true),
    config.change(['profiles', 'work', 'pauseMs'], -1), // refused
    config.change(['profiles', 'work', 'keepDays'], 30),
    config.set('log.level', 'debug'),
  ]
  const outcomes = await Promise.allSettled(changes)
  t.same(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  const again = await ConfigFile.open(file)
  t.match(again.config, { log: { level: 'debug' }, profiles: { work: { metered: true, keepDays: 30, pauseMs: 0 } } })
  t.match(readFileSync(file, 'utf8'), /# mine\n[\s\S]*# as I want it/)
})

t.test('a value that cannot be tells where its help is', async t => {
  const config = await ConfigFile.open(join(t.testdir(), 'config.yaml'))
  await config.change(['profiles', 'work'], PROFILE)
  await t.rejects(config.change(['profiles', 'work', 'prioritySyncMinutes'], 0), {
    code: 'CONFIG_INVALID_VALUE',
    message: /prioritySyncMinutes/,
    advice: /postern profile set --help/,
  })
  await t.rejects(config.set('log.level', 'loud'), { code: 'CONFIG_INVALID_VALUE', advice: /postern config list/ })
  t.ok(config.isSet(['profiles', 'work', 'email']))
  t.notOk(config.isSet(['profiles', 'work', 'pauseMs']), 'a default is not set')
})
