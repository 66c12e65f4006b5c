import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import t from 'tap'
import { homeAt } from '../../src/config/home.ts'
import { hasSessionBus } from '../../src/config/session-bus.ts'
import { Secrets } from '../../src/profile/secrets.ts'

t.test('secrets survive, encrypted, for their owner alone', async t => {
  const home = homeAt(t.testdir())
  const secrets = await Secrets.open(home, 'file')
  await Promise.all([secrets.set(1, { password: 'correct horse' }), secrets.set(2, { localPassword: 'x' })])
  t.notMatch(readFileSync(home.secretsFile, 'latin1'), 'correct horse')
  for (const file of [home.secretsFile, home.secretsKeyFile]) t.equal(statSync(file).mode & 0o777, 0o600)
  const again = await Secrets.open(home, 'file')
  t.equal(again.find(1, 'password'), 'correct horse')
  t.equal(again.find(2, 'localPassword'), 'x')
  await again.set(1, { password: undefined })
  t.equal((await Secrets.open(home, 'file')).find(1, 'password'), undefined)
})

t.test('a damaged file, another key and a broken key are told, never taken for no secrets', async t => {
  const home = homeAt(t.testdir())
  await (await Secrets.open(home, 'file')).set(1, { password: 'x' })
  const [file, key] = [readFileSync(home.secretsFile), readFileSync(home.secretsKeyFile)]
  const last = file.length - 1
  writeFileSync(home.secretsFile, Buffer.concat([file.subarray(0, last), Buffer.from([(file[last] ?? 0) ^ 1])]))
  await t.rejects(Secrets.open(home, 'file'), { code: 'PROFILE_SECRETS_UNREADABLE' })
  writeFileSync(home.secretsFile, file)
  writeFileSync(home.secretsKeyFile, Buffer.alloc(32).toString('base64'))
  await t.rejects(Secrets.open(home, 'file'), { code: 'PROFILE_SECRETS_UNREADABLE' })
  writeFileSync(home.secretsKeyFile, 'short')
  await t.rejects(Secrets.open(home, 'file'), { code: 'PROFILE_SECRETS_UNREADABLE' })
  writeFileSync(home.secretsKeyFile, key)
  t.equal((await Secrets.open(home, 'file')).find(1, 'password'), 'x')
})

// A keychain that is locked for once, as in a session over ssh, must not cost the passwords.
t.test('for secrets that are there no new key is made', async t => {
  const home = homeAt(t.testdir())
  await (await Secrets.open(home, 'file')).set(1, { password: 'x' })
  const key = readFileSync(home.secretsKeyFile)
  rmSync(home.secretsKeyFile) // as if it lay in the keychain
  await t.rejects(Secrets.open(home, 'file'), { code: 'PROFILE_SECRETS_UNREADABLE' })
  const hasKeychain = process.platform !== 'linux' || hasSessionBus()
  if (!hasKeychain) await t.rejects(Secrets.open(home, 'auto'), { code: 'PROFILE_KEYCHAIN_UNAVAILABLE' })
  t.notOk(existsSync(home.secretsKeyFile))
  writeFileSync(home.secretsKeyFile, key)
  t.equal((await Secrets.open(home, 'file')).find(1, 'password'), 'x')
})

t.test('passwords that are not to be remembered never reach the disk; others beside them do', async t => {
  const home = homeAt(t.testdir())
  let isRemembered = false
  const open = () => Secrets.open(home, 'file', () => isRemembered)
  const secrets = await open()
  await secrets.set(1, { password: 'x', smtpPassword: 'y', pendingPassword: 'z', localPassword: 'l' })
  t.equal(secrets.find(1, 'password'), 'x')
  t.notOk(secrets.isStored(1, 'password'))
  const again = await open()
  t.same(
    (['password', 'smtpPassword', 'pendingPassword', 'localPassword'] as const).map(name => again.find(1, name)),
    [undefined, undefined, undefined, 'l'],
  )
  isRemembered = true
  await secrets.settle(1)
  t.equal((await open()).find(1, 'smtpPassword'), 'y')
  isRemembered = false
  await secrets.settle(1)
  t.equal(secrets.find(1, 'smtpPassword'), 'y', 'it is known for now')
  t.equal((await open()).find(1, 'smtpPassword'), undefined)
  await secrets.set(1, { smtpPassword: undefined })
  t.equal(secrets.find(1, 'smtpPassword'), undefined)
  await secrets.forget(1)
  t.equal(secrets.find(1, 'password'), undefined)
})
