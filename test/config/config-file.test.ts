import { readFileSync, rmSync, writeFileSync } from 'node:fs'
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

t.test('what was edited by hand meanwhile counts, and is not written over', async t => {
  const file = join(t.testdir(), 'config.yaml')
  writeFileSync(file, 'log: { level: errors }\n')
  const config = await ConfigFile.open(file)
  writeFileSync(file, 'log: { level: debug } # mine\n')
  await config.change(['profiles', 'work'], PROFILE)
  t.match(readFileSync(file, 'utf8'), /debug \} # mine/)
  t.match(config.config, { log: { level: 'debug' }, profiles: { work: { number: 1 } } })
  writeFileSync(file, 'log: { level: loud }\n')
  await t.rejects(config.set('log.level', 'errors'), { code: 'CONFIG_INVALID', message: /log\.level.*line 1/ })
  t.equal(readFileSync(file, 'utf8'), 'log: { level: loud }\n', 'nothing is lost')
})

t.test('two profiles never have one number, nor one folder', async t => {
  const file = join(t.testdir(), 'config.yaml')
  const block = (name: string, number: number) =>
    `  ${name}: { number: ${number}, email: a@b.test, imap: imaps://h.test }\n`
  writeFileSync(file, `profiles:\n${block('work', 1)}${block('home', 1)}`)
  await t.rejects(ConfigFile.open(file), { code: 'CONFIG_INVALID', message: /home\.number: .*work.* \(line 3\)/ })
  writeFileSync(file, `profiles:\n${block('work', 1)}${block('Work', 2)}`)
  await t.rejects(ConfigFile.open(file), { code: 'CONFIG_INVALID', message: /profiles\.Work: .*work/ })
})

t.test('an alias without its anchor is told as what it is', async t => {
  const file = join(t.testdir(), 'config.yaml')
  writeFileSync(file, 'profiles: *mine\n')
  await t.rejects(ConfigFile.open(file), { code: 'CONFIG_INVALID', message: /mine/ })
  rmSync(file)
  const config = await ConfigFile.open(file)
  await t.rejects(config.set('log.level', '*mine'), { code: 'CONFIG_INVALID_VALUE' })
  t.throws(() => config.get('toString'), { code: 'CONFIG_UNKNOWN_KEY' })
})
