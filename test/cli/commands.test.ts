import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PosternHome } from '../support/postern.ts'
import { lookUntil } from '../support/watched-home.ts'

function makeHome(t: Test): PosternHome {
  const home = new PosternHome()
  t.teardown(() => home[Symbol.asyncDispose]())
  return home
}

const ADD = [
  'profile',
  'add',
  'work',
  '--email',
  'ada@example.org',
  '--imap',
  'imaps://imap.example.org',
  '--password-stdin',
]

t.test('a command line that is not understood exits 2, in words and in JSON', async t => {
  const home = makeHome(t)
  t.match(await home.run(['qqqqqqqq']), { code: 2, stderr: /postern: Unknown/ })
  const run = await home.run(['qqqqqqqq', '--json'])
  t.equal(run.code, 2)
  t.match(run.json(), { error: { code: 'CLI_USAGE', remedy: 'user' } })
  t.match(await home.run(['item', 'fetch', '1-1', '--timeout', 'soon']), { code: 2, stderr: /number of seconds/ })
  const twice = ['item', 'list', 'INBOX', '--profile', 'a', '--profile', 'b']
  t.match(await home.run(twice), { code: 2, stderr: /--profile can be given only once/ })
})

t.test('a failure exits 1 and says what to do', async t => {
  const home = makeHome(t)
  const run = await home.runHere(['sync', '--json'])
  t.equal(run.code, 1)
  t.match(run.json(), { error: { code: 'PROFILE_NONE', message: String, remedy: 'user' } })
  t.equal(run.stdout.trim().split('\n').length, 1, 'one document and nothing else')
  t.match(await home.runHere(['stop']), { code: 1, stderr: /does not run/ })
})

t.test('every command has help', async t => {
  const home = makeHome(t)
  for (const words of [
    [],
    ['profile', 'add'],
    ['profile', 'sign-in'],
    ['profile', 'password'],
    ['profile', 'unlock'],
    ['sync'],
    ['item', 'export'],
    ['cert', 'approve'],
    ['config', 'set'],
    ['outbox'],
    ['store', 'backup'],
    ['store', 'restore'],
  ]) {
    const { code, stdout } = await home.runHere([...words, '--help'])
    t.equal(code, 0)
    t.match(stdout, words.length === 2 ? /Examples:|Options:/ : /Options:/, words.join(' '))
  }
})

t.test('settings are listed, read and changed, and comments survive', async t => {
  const home = makeHome(t)
  writeFileSync(join(home.dir, 'config.yaml'), '# mine\nlog:\n  level: errors # quiet\n')
  t.match(await home.json(['config', 'list']), {
    'fronts.pop3.port': 5110,
    'fronts.pop3.greeting': 'detect',
    'log.level': 'errors',
  })
  t.match(await home.json(['config', 'set', 'fronts.pop3.port', '5111']), { key: 'fronts.pop3.port', value: 5111 })
  t.match(await home.json(['config', 'get', 'fronts.pop3.port']), { value: 5111 })
  t.match(readFileSync(join(home.dir, 'config.yaml'), 'utf8'), /# mine[\s\S]*# quiet/)
  t.match(await home.runHere(['config', 'set', 'fronts.pop3.prot', '1']), {
    code: 1,
    stderr: /no setting[\s\S]*See|Did you mean/,
  })
  t.match(await home.runHere(['config', 'set', 'fronts.pop3.port', '99999']), { code: 1, stderr: /cannot be set/ })
  t.match(await home.json(['config', 'get', 'fronts.pop3.port']), { value: 5111 }, 'a bad value changes nothing')
})

t.test('a broken config.yaml is told with its line', async t => {
  const home = makeHome(t)
  writeFileSync(join(home.dir, 'config.yaml'), 'fronts:\n  pop3:\n    port: many\n')
  t.match(await home.runHere(['status']), { code: 1, stderr: /fronts\.pop3\.port.*line 3/ })
})

t.test('a profile is added, shown, changed and removed; its password never shows', async t => {
  const home = makeHome(t)
  await home.json(ADD, 'very secret\n')
  t.equal(statSync(join(home.dir, 'secrets.enc')).mode & 0o777, 0o600)
  const outputs = [
    await home.runHere(['profile', 'list', '--json']),
    await home.runHere(['profile', 'show', 'work', '--json']),
    await home.runHere(['profile', 'outlook', 'work', '--json']),
    await home.runHere(['status', '--json']),
  ]
  for (const { code, stdout } of outputs) t.ok(code === 0 && !stdout.includes('very secret'))
  t.match(outputs[2]?.json(), {
    pop3: { host: '127.0.0.1', port: 5110 },
    smtp: { port: 5587 },
    user: 'ada@example.org',
    localPassword: /^[a-z0-9]{20}$/,
  })
  t.match(await home.json(['profile', 'set', 'work', 'relay', 'spool']), { relay: 'spool' })
  t.match(await home.runHere(['profile', 'set', 'work', 'relay', 'maybe']), { code: 1 })
  t.match(await home.runHere(ADD, 'x'), { code: 1, stderr: /already/ })
  t.match(await home.runHere(['profile', 'remove', 'work']), { code: 1, stderr: /Nobody could be asked/ })
  await home.json(['profile', 'remove', 'work', '--yes'])
  await home.json(ADD, 'again\n')
  t.match(await home.json(['profile', 'show', 'work']), { number: 2 }, 'a number is never used again')
})

t.test('a store that cannot be read is told of, and hides no other profile', async t => {
  await using home = new PosternHome()
  for (const name of ['one', 'two']) {
    const add = ['profile', 'add', name, '--email', `${name}@example.test`, '--imap', 'imap://127.0.0.1:9']
    await home.json([...add, '--password-stdin'], 'secret')
  }
  const dir = join(home.dir, 'profiles', 'one')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'store.sqlite'), 'this was never a database, and is long enough to be looked at'.repeat(20))
  const { profiles } = (await home.json(['status'])) as { profiles: unknown[] }
  t.match(profiles, [
    { name: 'one', state: 'error', lastError: { code: 'STORE_UNREADABLE', advice: /postern store repair/ } },
    { name: 'two', state: 'new', lastError: null },
  ])
})

t.test('a profile needs an address', async t => {
  await using home = new PosternHome()
  const run = await home.runHere(['profile', 'add', 'work', '--password-stdin'], 'secret')
  t.match(run, { code: 2, stderr: /Whose account is "work" to be/ })
})

t.test('a profile’s name cannot leave its folder', async t => {
  const home = makeHome(t)
  for (const name of ['../evil', 'a/b', '.', '']) {
    t.match(
      await home.runHere(
        ADD.map(word => (word === 'work' ? name : word)),
        'x',
      ),
      { code: name === '' ? Number : 1 },
      name,
    )
  }
  t.same(await home.json(['profile', 'list']), [])
})

t.test('the daemon starts, tells its state, refuses a second one, and stops', async t => {
  const home = makeHome(t)
  home.configure()
  const { child, output } = await home.start()
  t.match(output(), /^ready\npop3 +127\.0\.0\.1:\d+/)
  await lookUntil(
    async () => (await home.json(['status'])) as { secrets: string },
    ({ secrets }) => secrets === 'file',
  )
  t.match(await home.json(['status']), {
    running: true,
    pid: Number,
    fronts: [
      { name: 'pop3', state: 'listening' },
      { name: 'smtp', state: 'listening' },
    ],
  })
  t.match(await home.run(['start']), { code: 1, stderr: /Another Postern is at work/ })
  t.match(await home.json(['pop3', 'stop']), { state: 'stopped' })
  t.match(await home.json(['pop3', 'start']), { state: 'listening' })
  const exited = new Promise(resolve => child.once('exit', resolve))
  t.match(await home.json(['stop']), { stopped: true })
  t.equal(await exited, 0)
  t.match(await home.json(['status']), { running: false, pid: null })
})

t.test('after a kill the home can be used at once', async t => {
  const home = makeHome(t)
  home.configure()
  const { child } = await home.start()
  await home.killTree(child)
  t.match(await home.json(['status']), { running: false })
  await home.start()
  t.match(await home.json(['status']), { running: true })
})
