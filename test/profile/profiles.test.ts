import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigFile } from '../../src/config/config-file.ts'
import { homeAt } from '../../src/config/home.ts'
import { Policies } from '../../src/profile/policies.ts'
import { Profiles } from '../../src/profile/profiles.ts'
import { Secrets } from '../../src/profile/secrets.ts'
import { silentLogger } from '../support/silent-logger.ts'

const FIXED = { code: 'PROFILE_FIXED_BY_POLICY', remedy: 'user' }

async function makeProfiles(t: Test) {
  const dir = t.testdir()
  const config = await ConfigFile.open(join(dir, 'config.yaml'))
  await config.change(['profiles', 'work'], { number: 1, email: 'ada@example.test', imap: 'imaps://imap.example.test' })
  const policies = await Policies.open(join(dir, 'policies'), silentLogger())
  const home = homeAt(dir)
  const profiles = new Profiles(home, config, policies)
  const fix = async (settings: object) => {
    const text = JSON.stringify({ version: 1, settings })
    await policies.take(profiles.get('work'), 'metadata', { text })
  }
  return { profiles, config, fix, home }
}

t.test('settings are typed as people type them', async t => {
  const { profiles } = await makeProfiles(t)
  for (const [key, text, value] of [
    ['metered', 'yes', true],
    ['metered', 'Off', false],
    ['pauseMs', '20', 20],
    ['downloadThresholdMb', '0.5', 0.5],
    ['automaticFolders', 'INBOX, Sent', ['INBOX', 'Sent']],
    ['priorityFolders', '*', ['*']],
    ['user', '42', '42'],
    ['user', '-42', '-42'],
  ] as const) {
    t.same((await profiles.set('work', key, text))[key], value, `${key} ${text}`)
  }
  t.ok(profiles.ownSettings('work').includes('pauseMs'))
  await profiles.set('work', 'pauseMs', '')
  t.equal(profiles.get('work').pauseMs, 0, 'an empty text takes it back')
  t.notOk(profiles.ownSettings('work').includes('pauseMs'))
  await t.rejects(profiles.set('work', 'imap', ''), { code: 'PROFILE_INVALID', advice: /postern profile unbind work/ })
  await t.rejects(profiles.set('work', 'colour', 'red'), { code: 'PROFILE_INVALID', advice: /metered/ })
  await t.rejects(profiles.set('work', 'number', '2'), { code: 'PROFILE_INVALID' })
  await t.rejects(profiles.set('work', 'toString', 'red'), { code: 'PROFILE_INVALID' })
  await t.rejects(profiles.set('work', 'prioritySyncMinutes', 'often'), { message: /expected number/ })
  await t.rejects(profiles.set('work', 'prioritySyncMinutes', '0'), { code: 'CONFIG_INVALID_VALUE', message: />=1/ })
  await t.rejects(profiles.set('work', 'pauseMs', '-5'), { message: />=0/ })
  await t.rejects(profiles.set('work', 'downloadMode', 'some'), { message: /"full"/ })
})

t.test('what a policy fixes cannot be changed, and is one’s own again when the policy is gone', async t => {
  const { profiles, config, fix } = await makeProfiles(t)
  await profiles.set('work', 'keepDays', '30')
  await fix({ keepDays: 9, automaticFolders: ['INBOX'] })
  t.match(profiles.get('work'), { keepDays: 9, fixed: ['automaticFolders', 'keepDays'] })
  await t.rejects(profiles.set('work', 'keepDays', '365'), FIXED)
  await t.rejects(profiles.set('work', 'keepDays', ''), FIXED)
  await t.rejects(profiles.setFolderPatterns('work', { automaticFolders: ['*'], priorityFolders: ['INBOX'] }), FIXED)
  t.equal(config.config.profiles.work?.keepDays, 30, 'the file still has one’s own')
  await profiles.set('work', 'metered', 'yes')
  await fix({})
  t.match(profiles.get('work'), { keepDays: 30, metered: true, fixed: { length: 0 } })
})

t.test('a pause stands in the file, with its end, and goes without a trace', async t => {
  const { profiles } = await makeProfiles(t)
  t.match(await profiles.pause('work', '2026-03-01T08:00:00.000Z'), { paused: true, pausedUntil: /^2026/ })
  t.match(await profiles.pause('work', undefined), { paused: true, pausedUntil: undefined })
  t.match(await profiles.resume('work'), { paused: false, pausedUntil: undefined })
  t.notOk(profiles.ownSettings('work').includes('paused'))
  await t.rejects(profiles.pause('home', undefined), { code: 'PROFILE_UNKNOWN' })
})

t.test('profiles that are added at the same time have numbers of their own, whatever the file counts', async t => {
  const { profiles, home } = await makeProfiles(t) // `work` has number 1, and the count was lost
  const secrets = await Secrets.open(home, 'file')
  const add = (name: string) =>
    profiles.add({ name, email: `${name}@example.test`, imap: 'imaps://imap.example.test', password: name }, secrets)
  const added = await Promise.allSettled([add('a'), add('b'), add('A')])
  t.match(added, [{ value: { number: 2 } }, { value: { number: 3 } }, { reason: { code: 'PROFILE_EXISTS' } }])
  t.equal(secrets.find(3, 'password'), 'b')
})

t.test('a profile that is removed leaves nothing behind, unsent mail included', async t => {
  const { profiles, home } = await makeProfiles(t)
  const secrets = await Secrets.open(home, 'file')
  const left = [
    join(home.outboxDir, '1'),
    join(home.profilesDir, 'work'),
    join(home.profilesDir, 'work~before-restore-1'),
  ]
  const others = [join(home.outboxDir, '2'), join(home.profilesDir, 'worker')]
  for (const dir of [...left, ...others]) mkdirSync(dir, { recursive: true })
  await profiles.remove('work', secrets)
  t.notOk(left.some(dir => existsSync(dir)))
  t.ok(others.every(dir => existsSync(dir)))
  t.same(profiles.list(), [])
})

t.test('a local client may sign in by an alias, which no two profiles share', async t => {
  const { profiles, config } = await makeProfiles(t)
  await config.change(['profiles', 'home'], { number: 2, email: 'eve@example.test', imap: 'imaps://imap.example.test' })
  await profiles.set('work', 'aliases', 'sales@example.test, Ada@Other.test')
  t.same(profiles.get('work').aliases, ['sales@example.test', 'Ada@Other.test'])
  for (const user of ['SALES@example.test', 'ada@other.test', 'ada@example.test', 'work']) {
    t.equal(profiles.findByUser(user)?.name, 'work', user)
  }
  for (const alias of ['Sales@Example.test', 'ADA@example.test', 'x@x.test,ada@other.test']) {
    const refusal = { code: 'CONFIG_INVALID_VALUE', message: /is an address of profile work already/ }
    await t.rejects(profiles.set('home', 'aliases', alias), refusal, alias)
  }
  await t.rejects(profiles.set('work', 'aliases', 'eve@example.test'), { message: /of profile home already/ })
  await t.rejects(profiles.set('work', 'aliases', 'no address'), { message: /must be an e-mail address/ })
  await profiles.set('work', 'aliases', 'ada@example.test')
  t.equal(profiles.findByUser('ada@example.test')?.name, 'work', 'its own address does no harm')
  await profiles.set('work', 'aliases', '')
  t.equal(profiles.findByUser('sales@example.test'), undefined)
})
