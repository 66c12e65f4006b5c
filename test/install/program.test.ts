import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { assertOthersMayRun } from '../../src/install/target-here.ts'
import { AWKWARD } from '../support/install-targets.ts'

t.test('a program in a folder that is closed to others is not installed for all', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-program-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const launcher = join(dir, 'bin/postern.js')
  mkdirSync(join(dir, 'bin'))
  writeFileSync(launcher, '')
  const target = { ...AWKWARD, program: { node: '/bin/sh', launcher, version: '1' } }
  chmodSync(dir, 0o755)
  await assertOthersMayRun(target)
  chmodSync(dir, 0o700)
  await t.rejects(assertOthersMayRun(target), { code: 'INSTALL_PROGRAM_PRIVATE', message: `${dir} is closed` })
})
