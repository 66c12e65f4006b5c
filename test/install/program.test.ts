import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { assertOthersMayRun } from '../../src/install/target-here.ts'
import { AWKWARD } from '../support/install-targets.ts'

const isRoot = process.getuid?.() === 0

t.test('a program that somebody else than root may change is not installed for all', { skip: !isRoot }, async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-program-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const launcher = join(dir, 'postern.js')
  writeFileSync(launcher, '')
  chmodSync(dir, 0o755)
  const target = { ...AWKWARD, program: { node: '/bin/sh', launcher, version: '1' } }
  const unsafe = (path: string) => ({ code: 'INSTALL_PROGRAM_UNSAFE', message: `may change ${path}.` })
  await assertOthersMayRun(target)
  for (const mode of [0o666, 0o646]) {
    chmodSync(launcher, mode)
    await t.rejects(assertOthersMayRun(target), unsafe(launcher))
  }
  chmodSync(launcher, 0o600)
  await t.rejects(assertOthersMayRun(target), { code: 'INSTALL_PROGRAM_PRIVATE' })
  chmodSync(launcher, 0o644)
  chownSync(dir, 65_534, 0)
  await t.rejects(assertOthersMayRun(target), unsafe(dir))
  chownSync(dir, 0, 65_534)
  chmodSync(dir, 0o775)
  await t.rejects(assertOthersMayRun(target), unsafe(dir))
})

t.test('a program in a folder that is closed to others is not installed for all', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-program-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const launcher = join(dir, 'bin/postern.js')
  mkdirSync(join(dir, 'bin'))
  writeFileSync(launcher, '')
  const target = { ...AWKWARD, program: { node: '/bin/sh', launcher, version: '1' } }
  chmodSync(dir, 0o755)
  if (isRoot) await assertOthersMayRun(target)
  chmodSync(dir, 0o700)
  await t.rejects(assertOthersMayRun(target), { code: 'INSTALL_PROGRAM_PRIVATE', message: `${dir} is closed` })
})
