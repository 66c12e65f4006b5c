import { existsSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { CopyPurger, listCopies, nameCopy, purgeCopies } from '../../src/daemon/binding/kept-copies.ts'
import { silentLogger } from '../support/silent-logger.ts'
import { until } from '../support/until.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 27, 8, 45)

t.test('a copy is kept for 30 days, and then removed; nothing else is', async t => {
  const root = t.testdir({
    work: {},
    'work~before-restore-20200101T000000': {},
    'work2~before-bind-20200101T000000': {},
  })
  const profile = { dir: join(root, 'work') }
  t.same(await listCopies(profile), [])
  const old = nameCopy(profile, NOW - 31 * DAY_MS)
  const young = nameCopy(profile, NOW - 29 * DAY_MS)
  for (const { dir } of [old, young]) mkdirSync(dir)
  t.equal(basename(old.dir), 'work~before-bind-20261027T084500')
  t.equal(basename(nameCopy(profile, NOW - 31 * DAY_MS).dir), 'work~before-bind-20261027T084500-2', 'no name twice')
  mkdirSync(join(root, '.work.removed'))
  t.same(await listCopies(profile), [
    { dir: old.dir, until: '2026-11-26T08:45:00.000Z' },
    { dir: young.dir, until: '2026-11-28T08:45:00.000Z' },
  ])
  t.same(await purgeCopies([profile], NOW), [old.dir])
  t.same(await listCopies(profile), [{ dir: young.dir, until: '2026-11-28T08:45:00.000Z' }])
  t.notOk(existsSync(join(root, '.work.removed')), 'what was being removed is')
  for (const name of ['work', 'work~before-restore-20200101T000000', 'work2~before-bind-20200101T000000']) {
    t.ok(existsSync(join(root, name)), name)
  }
})

t.test('the daemon removes old copies by itself', async t => {
  const root = t.testdir({ work: {}, 'work~before-bind-20200101T000000': {} })
  using purger = new CopyPurger(() => [{ dir: join(root, 'work') }], silentLogger())
  purger.start()
  const isGone = async () => !existsSync(join(root, 'work~before-bind-20200101T000000')) || undefined
  await until('the copy is removed', isGone, 10)
  t.ok(existsSync(join(root, 'work')))
})
