import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { profileSettings } from '../../src/config/profile-settings.ts'
import { Policies } from '../../src/profile/policies.ts'
import { silentLogger } from '../support/silent-logger.ts'

const make = (settings: object = {}) =>
  profileSettings.parse({
    number: 1,
    email: 'ada@example.test',
    imap: 'imap://127.0.0.1',
    policyUrl: 'https://policy.example.test/',
    ...settings,
  })
const PROFILE = make()
const open = (dir: string) => Policies.open(dir, silentLogger())
const policy = (settings: object) => ({ text: JSON.stringify({ version: 1, settings }) })

t.test('a policy holds offline: it is kept in the home', async t => {
  const dir = t.testdir()
  t.ok(await (await open(dir)).take(PROFILE, 'url', { ...policy({ metered: true }), etag: '"1"' }), 'it changes things')
  const policies = await open(dir)
  t.match(policies.apply(PROFILE), { metered: true, fixed: ['metered'] })
  t.match(policies.find(PROFILE, 'url'), { etag: '"1"' })
  t.notOk(await policies.take(PROFILE, 'url', policy({ metered: true })), 'the same again changes nothing')
})

t.test('a policy that is not valid is told, and the last good one stays', async t => {
  const policies = await open(t.testdir())
  await policies.take(PROFILE, 'url', policy({ pauseMs: 5 }))
  t.notOk(await policies.take(PROFILE, 'url', { text: 'nonsense' }))
  t.match(policies.apply(PROFILE), { pauseMs: 5 })
  t.match(policies.problemOf(PROFILE), { code: 'PROFILE_POLICY_INVALID' })
  await policies.take(PROFILE, 'url', policy({ pauseMs: 6 }))
  t.equal(policies.problemOf(PROFILE), undefined)
})

t.test('a policy of another URL, server or user does not count', async t => {
  const policies = await open(t.testdir())
  await policies.take(PROFILE, 'url', policy({ pauseMs: 5 }))
  await policies.take(PROFILE, 'metadata', policy({ keepDays: 9 }))
  t.same(policies.apply(PROFILE).fixed, ['keepDays', 'pauseMs'])
  t.same(policies.apply(make({ policyUrl: 'https://other.example.test/' })).fixed, ['keepDays'])
  t.same(policies.apply(make({ policyUrl: undefined })).fixed, ['keepDays'])
  t.same(policies.apply(make({ user: 'eve' })).fixed, ['pauseMs'])
  t.same(policies.apply(make({ number: 2 })).fixed, [])
})

t.test('policies of both sources that come at the same time are both kept', async t => {
  const dir = t.testdir()
  const policies = await open(dir)
  await Promise.all([
    policies.take(PROFILE, 'url', policy({ pauseMs: 5 })),
    policies.take(PROFILE, 'metadata', policy({ keepDays: 9 })),
  ])
  t.same(policies.apply(PROFILE).fixed, ['keepDays', 'pauseMs'])
  t.same((await open(dir)).apply(PROFILE).fixed, ['keepDays', 'pauseMs'])
})

t.test('a policy that is taken back frees what it fixed', async t => {
  const dir = t.testdir()
  const policies = await open(dir)
  await policies.take(PROFILE, 'metadata', policy({ keepDays: 9 }))
  t.ok(await policies.take(PROFILE, 'metadata', { text: undefined }))
  t.same(policies.apply(PROFILE).fixed, [])
  t.same((await open(dir)).apply(PROFILE).fixed, [])
  await policies.forget(1)
  t.same(readdirSync(dir), [])
})

t.test('damaged files and what a newer version knew do no harm', async t => {
  const dir = t.testdir()
  const kept = {
    identity: PROFILE.policyUrl,
    settings: { pauseMs: 5, antigravity: true, email: 'eve@x' },
    takenAtMs: 1,
  }
  writeFileSync(join(dir, '1.json'), JSON.stringify({ url: kept }))
  writeFileSync(join(dir, '2.json'), '{"url":3}')
  writeFileSync(join(dir, '3.json'), '{')
  const policies = await open(dir)
  t.match(policies.apply(PROFILE), { pauseMs: 5, email: 'ada@example.test', fixed: ['pauseMs'] })
  t.same(policies.apply(make({ number: 2 })).fixed, [])
})
