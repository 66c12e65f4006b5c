import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { requestOf } from '../../src/daemon/engine/account-request.ts'
import { missingPasswords } from '../../src/profile/missing-passwords.ts'
import type { Secrets } from '../../src/profile/secrets.ts'
import { DIRECT } from '../support/direct-ways.ts'
import { PosternHome } from '../support/postern.ts'
import { makeProfile, SchedulerWorld } from '../support/scheduler-world.ts'

const UNBOUND = { code: 'PROFILE_UNBOUND', remedy: 'user', advice: /postern profile bind work ADDRESS/ }

t.test('an unbound profile asks nothing of the network, and misses no password', async t => {
  const profile = makeProfile({ imap: undefined })
  const secrets = { find: () => 'a password of before' } as unknown as Secrets // all that is asked of them
  t.equal(await requestOf(profile, secrets, DIRECT), undefined)
  t.same(missingPasswords(profile, { find: () => undefined }), [])
  t.same(missingPasswords(makeProfile(), { find: () => undefined }), ['password'])
})

t.test('an unbound profile is never due; once it is bound it is', async t => {
  using world = new SchedulerWorld({ imap: undefined })
  world.scheduler.start()
  world.scheduler.changed('work', 'mail')
  world.scheduler.polled('work')
  world.pass(4000)
  t.same(world.take(), [])
  world.profile = makeProfile()
  world.pass(1)
  t.same(world.take(), ['4001 automatic also'])
})

t.test('commands tell of an unbound profile, and what needs a server says so', async t => {
  await using home = new PosternHome()
  writeFileSync(
    join(home.dir, 'config.yaml'),
    `${'secrets: { store: file }'}\nprofiles:\n  work: { number: 1, email: ada@example.test }\n`,
  )
  t.match(await home.json(['status']), {
    profiles: [{ name: 'work', state: 'unbound', lastError: null, nextRun: null }],
  })
  t.match((await home.runHere(['status'])).stdout, /work: bound to no account; postern profile bind work ADDRESS/)
  t.match(await home.json(['profile', 'list']), [{ name: 'work', imap: null, smtp: null }])
  t.match(await home.json(['proxy', 'show']), { servers: { length: 0 } })
  const password = ['profile', 'password', 'work', '--password-stdin']
  for (const words of [password, [...password, '--on-server'], ['profile', 'unlock', 'work', '--password-stdin']]) {
    const run = await home.runHere([...words, '--json'], 'old\nnew\n')
    t.match([run.code, run.json()], [1, { error: UNBOUND }], words.join(' '))
  }
  for (const words of [['sync'], ['profile', 'test', 'work'], ['profile', 'set', 'work', 'imap', 'imap://127.0.0.1']]) {
    const run = await home.runHere([...words, '--json'])
    t.match([run.code, run.json()], [1, { error: UNBOUND }], words.join(' '))
  }
})
