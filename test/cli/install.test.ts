import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { runCli } from '../../src/cli/cli.ts'
import { installCommand } from '../../src/cli/commands/install/install.ts'
import { uninstallCommand } from '../../src/cli/commands/install/uninstall.ts'
import { isProgram } from '../../src/config/user-folders.ts'
import { PosternHome, type Run } from '../support/postern.ts'
import { startDns } from '../support/scripted-dns.ts'

const missing = isProgram('systemctl') ? false : 'NOT TRIED: systemd is not installed'

interface Installed {
  readonly files: readonly { readonly path: string }[]
}

interface Place {
  readonly home: PosternHome
  readonly dir: string
  readonly environment: NodeJS.ProcessEnv
  readonly run: (args: readonly string[], input?: string, more?: NodeJS.ProcessEnv) => Promise<Run>
  readonly json: (args: readonly string[], input?: string) => Promise<unknown>
}

// No session of systemd can be reached, so nothing is started; that is tried in service.interop.ts.
function makeHome(t: Test): Place {
  const dir = t.testdir()
  const home = new PosternHome(join(dir, 'home'))
  t.teardown(() => home[Symbol.asyncDispose]())
  const session = { XDG_CONFIG_HOME: join(dir, 'config'), XDG_RUNTIME_DIR: join(dir, 'run') }
  const environment = { HOME: dir, POSTERN_HOME: home.dir, ...session }
  const run: Place['run'] = (args, input = '', more = {}) => runHere(args, input, { ...environment, ...more })
  const json: Place['json'] = async (args, input) => (await run([...args, '--json'], input)).json()
  return { home, dir, environment, run, json }
}

/** Runs a command in this process, which is much faster than a new one. */
async function runHere(args: readonly string[], input: string, environment: NodeJS.ProcessEnv): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = Promise.all([text(stdout), text(stderr)])
  const code = await within(environment, () => runCli(args, { stdin: Readable.from([input]), stdout, stderr }))
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { code, stdout: out, stderr: err, json: () => JSON.parse(out) }
}

async function within<Result>(environment: NodeJS.ProcessEnv, work: () => Promise<Result>): Promise<Result> {
  const before = process.env
  process.env = { ...before, ...environment }
  try {
    return await work()
  } finally {
    process.env = before
  }
}

t.test(
  'installing twice changes nothing the second time, and uninstalling keeps the home',
  { skip: missing },
  async t => {
    const { home, dir, run } = makeHome(t)
    home.configure()
    const unit = join(dir, 'config/systemd/user/postern.service')
    const link = join(dir, 'config/systemd/user/default.target.wants/postern.service')
    t.match((await run(['install', '--json'])).json(), {
      changed: true,
      started: false,
      files: [{ path: unit, state: 'written' }, { path: link }],
    })
    const first = readFileSync(unit)
    t.match((await run(['install', '--json'])).json(), {
      changed: false,
      files: [{ state: 'unchanged' }, { state: 'unchanged' }],
    })
    t.same(readFileSync(unit), first)
    t.match(first.toString(), `Environment=POSTERN_HOME=${home.dir}`)
    const log = join(dir, 'install.log')
    t.match(await run(['uninstall', '--silent', '--log', log]), { code: 0, stdout: /^$/, stderr: /^$/ })
    t.match(
      readFileSync(log, 'utf8'),
      new RegExp(`^\\S+Z postern .* uninstall\\n.*removed ${link}\\n.*removed ${unit}\\n.*done\\n$`),
    )
    t.equal(existsSync(unit) || existsSync(link), false)
    t.ok(existsSync(join(home.dir, 'config.yaml')))
    t.match((await run(['uninstall', '--json'])).json(), {
      files: [{ state: 'absent' }, { state: 'absent' }],
      kept: home.dir,
    })
  },
)

t.test('an administrator’s file is checked before anything is changed, and then kept', { skip: missing }, async t => {
  const { home, dir, run, json } = makeHome(t)
  const file = join(dir, 'company.yaml')
  writeFileSync(file, 'version: 1\nupstreams: { imap: imaps://imap.%d, user: "%u" }\nport: 5\n')
  const refused = await run(['install', '--silent', '--config', file, '--json'])
  t.match(refused.json(), { error: { code: 'CONFIG_DEFAULTS_INVALID', message: /line 3: port: Unrecognized key/ } })
  t.notOk(existsSync(join(dir, 'config')))
  writeFileSync(file, '# ours\nversion: 1\nupstreams: { imap: imaps://imap.%d, user: "%u" }\nports: { pop3: 6110 }\n')
  t.match(await run(['install', '--silent', '--config', file]), { code: 0, stdout: '' })
  t.equal(readFileSync(join(home.dir, 'defaults.yaml'), 'utf8'), readFileSync(file, 'utf8'))
  const add = ['profile', 'add', 'work', '--email', 'ada@example.org', '--password-stdin']
  t.match(await json(add, 'secret'), { imap: 'imaps://imap.example.org', user: 'ada' })
  t.match(await json(['config', 'get', 'fronts.pop3.port']), { value: 6110 })
  t.match(await run(['install', '--silent', '--config', join(dir, 'none.yaml')]), { code: 2, stderr: /none\.yaml/ })
})

t.test('without templates the servers of an account are searched for, with a password only', async t => {
  await using dns = await startDns({})
  const { home, run } = makeHome(t)
  home.configure(`discover: { dns: "${dns.address}" }\n`)
  const add = ['profile', 'add', 'work', '--email', 'ada@example.org', '--json']
  t.match((await run([...add, '--password-stdin'], 'x')).json(), { error: { code: 'DISCOVER_DOMAIN_UNKNOWN' } })
  const unsigned = await run([...add, '--auth', 'oauth2'])
  t.match(unsigned.json(), { error: { code: 'PROFILE_NO_SERVERS', message: /ada@example\.org/ } })
})

t.test('an image is prepared without touching the machine', { skip: missing }, async t => {
  const { dir, run } = makeHome(t)
  const root = join(dir, 'image')
  t.match((await run(['install', '--all-users', '--root', root, '--json'])).json(), { changed: true, started: false })
  const modes = ['etc/postern', 'etc/postern/defaults.yaml', 'etc/systemd/system/postern@.service'].map(
    name => statSync(join(root, name)).mode & 0o777,
  )
  t.same(modes, [0o755, 0o644, 0o644], 'every user can read it')
  t.match((await run(['install', '--all-users', '--root', root, '--json'])).json(), { changed: false })
  t.match((await run(['uninstall', '--all-users', '--purge', '--root', root, '--json'])).json(), { purged: null })
  t.same(readdirSync(join(root, 'etc/postern')), [])
})

t.test('a purge says what it deletes, wants a yes, and leaves what is not Postern’s', { skip: missing }, async t => {
  const { home, run, json } = makeHome(t)
  home.configure()
  await json(
    ['profile', 'add', 'work', '--email', 'ada@example.org', '--imap', 'imaps://imap.example.org', '--password-stdin'],
    'x',
  )
  mkdirSync(join(home.dir, 'outbox/1'), { recursive: true })
  writeFileSync(join(home.dir, 'outbox/1/a-1.msg'), '')
  mkdirSync(join(home.dir, 'profiles/work'), { recursive: true })
  writeFileSync(join(home.dir, 'letter.txt'), 'mine')
  const asked = await run(['uninstall', '--purge'])
  t.match(asked, {
    code: 1,
    stderr: /1 profile with its mail: work[\s\S]*1 message in an outbox[\s\S]*Nobody could be asked/,
  })
  t.match(await run(['uninstall', '--purge', '--silent']), { code: 1 }, 'silence is no yes')
  t.ok(existsSync(join(home.dir, 'secrets.enc')), 'nothing is gone yet')
  const purged = (await run(['uninstall', '--purge', '--yes', '--json'])).json()
  t.match(purged, { purged: { kept: ['letter.txt'] }, kept: null })
  t.same(readdirSync(home.dir), ['letter.txt'])
})

t.test('a purge leaves logs and certificates that were somebody’s before', { skip: missing }, async t => {
  const { home, run } = makeHome(t)
  const dirs = ['logs', 'certs'].map(name => join(home.dir, name))
  for (const dir of dirs) {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'mine.txt'), 'mine')
  }
  await run(['status'])
  t.ok(readdirSync(home.dir).includes('lock'), 'any command makes a folder look like a home')
  const purged = await run(['uninstall', '--purge', '--yes', '--json'])
  t.match(purged.json(), { purged: { kept: ['certs', 'logs'] } })
  for (const dir of dirs) t.same(readdirSync(dir), ['mine.txt'])
})

t.test('a home that is a link to another disk is purged, too', { skip: missing }, async t => {
  const { home, dir, run } = makeHome(t)
  mkdirSync(join(dir, 'disk/logs'), { recursive: true })
  writeFileSync(join(dir, 'disk/config.yaml'), '')
  writeFileSync(join(dir, 'disk/logs/01-31-2026.txt'), '')
  rmSync(home.dir, { recursive: true, force: true })
  symlinkSync(join(dir, 'disk'), home.dir)
  t.match(await run(['uninstall', '--purge', '--yes']), { code: 0, stderr: '' })
  t.notOk(existsSync(join(dir, 'disk')))
  t.notOk(lstatSync(home.dir, { throwIfNoEntry: false }))
})

t.test('links in an image do not lead out of it', { skip: missing }, async t => {
  const { dir, run } = makeHome(t)
  const [root, machine] = [join(dir, 'image'), join(dir, 'machine')]
  mkdirSync(join(root, 'etc/real'), { recursive: true })
  mkdirSync(join(machine, 'user'), { recursive: true })
  writeFileSync(join(machine, 'user/postern.service'), 'of the machine')
  const link = join(root, 'etc/systemd')
  for (const target of [machine, '../../machine', '/nowhere/at/all']) {
    symlinkSync(target, link)
    for (const command of ['install', 'uninstall']) {
      const { code, stdout } = await run([command, '--all-users', '--root', root, '--json'])
      t.equal(code, 1)
      t.match(JSON.parse(stdout), {
        error: { code: 'INSTALL_OUTSIDE_ROOT', message: /^\/etc\/systemd(\/user)? is reached by a link/ },
      })
    }
    rmSync(link)
  }
  t.same(readdirSync(machine, { recursive: true }), ['user', 'user/postern.service'])
  symlinkSync('real', link)
  t.match(await run(['install', '--all-users', '--root', root]), { code: 0 })
  t.ok(existsSync(join(root, 'etc/real/user/postern.service')))
})

t.test('installing again repairs what users could not read', { skip: missing }, async t => {
  const { dir, run } = makeHome(t)
  const args = ['install', '--all-users', '--root', join(dir, 'image'), '--json']
  await run(args)
  const file = join(dir, 'image/etc/systemd/user/postern.service')
  chmodSync(file, 0o600)
  t.match((await run(args)).json(), { changed: true })
  t.equal(statSync(file).mode & 0o777, 0o644)
})

t.test('the unit names the home that the command uses, and no empty variable counts', { skip: missing }, async t => {
  const { dir, run } = makeHome(t)
  const root = join(dir, 'image')
  const more = { XDG_CONFIG_HOME: '', XDG_DATA_HOME: join(dir, 'data'), POSTERN_HOME: '' }
  const { files } = (await run(['install', '--root', root, '--json'], '', more)).json() as Installed
  const unit = files[0]?.path ?? ''
  t.equal(unit, join(root, homedir(), '.config/systemd/user/postern.service'))
  t.match(readFileSync(unit, 'utf8'), `Environment=POSTERN_HOME=${join(dir, 'data/postern')}\n`)
})

t.test('a folder that is not Postern’s is never purged', { skip: missing }, async t => {
  const { home, run } = makeHome(t)
  mkdirSync(join(home.dir, 'logs'), { recursive: true })
  const run1 = await run(['uninstall', '--purge', '--yes', '--json'])
  t.match(run1.json(), { error: { code: 'DAEMON_NOT_A_HOME' } })
  t.same(readdirSync(home.dir), ['logs'])
})

t.test('in an installation for all users each home gets ports of its own, before anybody has seen others', async t => {
  const { dir, run } = makeHome(t)
  mkdirSync(join(dir, 'system'))
  writeFileSync(join(dir, 'system/defaults.yaml'), 'version: 1\nupstreams: { imap: "imaps://%d" }\n')
  const json = async (args: string[]) =>
    (await run([...args, '--json'], 'secret', { POSTERN_SYSTEM_DIR: join(dir, 'system') })).json()
  await json(['profile', 'add', 'work', '--email', 'ada@example.org', '--password-stdin'])
  const { value } = (await json(['config', 'get', 'fronts.pop3.port'])) as { value: number }
  t.ok(value >= 10_240 && value < 32_768, `the port is ${value}`)
  t.match(await json(['profile', 'outlook', 'work']), { pop3: { port: value }, smtp: { port: value + 1 } })
})

t.test('a person is asked for a first account, and once only', { skip: missing }, async t => {
  const { home, environment, json } = makeHome(t)
  home.configure()
  writeFileSync(join(home.dir, 'defaults.yaml'), 'version: 1\nupstreams: { imap: "imaps://imap.%d" }\n')
  const typing = (args: readonly string[], answers: Answers) => within(environment, () => type(args, answers))
  const first = await typing(
    ['install'],
    [
      [/E-mail address/, 'ada@example.org\n'],
      [/Password of ada@example\.org/, 'secret\n'],
    ],
  )
  t.equal(first.code, 0)
  t.match(first.output, /added example\.org/)
  t.match(await json(['profile', 'list']), [{ name: 'example.org', imap: 'imaps://imap.example.org' }])
  t.notMatch((await typing(['install'], [])).output, /E-mail address/)
  await json(['profile', 'remove', 'example.org', '--yes'])
  t.notMatch((await typing(['install', '--noprofile'], [])).output, /E-mail address/)
})

type Answers = readonly (readonly [question: RegExp, answer: string])[]

/** Runs a command at a terminal, where each answer is typed when its question has come. */
async function type(args: readonly string[], answers: Answers) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true as const })
  const out = new PassThrough()
  const left = [...answers]
  let output = ''
  out.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    if (left[0]?.[0].test(output)) stdin.write(left.shift()?.[1] ?? '')
  })
  const code = await runCli(args, { stdin, stdout: out, stderr: out })
  return { code, output }
}

t.test('the examples of --help do what they say', { skip: missing }, async t => {
  const { dir, run } = makeHome(t)
  const company = join(dir, 'company.yaml')
  writeFileSync(company, 'version: 1\n')
  const examples = [installCommand, uninstallCommand].flatMap(({ examples = [] }) => examples.map(([line]) => line))
  t.ok(examples.length >= 6)
  for (const line of examples) {
    const words = line.replace('company.yaml', company).replace('install.log', join(dir, 'log')).split(' ').slice(1)
    t.match(await run([...words, '--root', join(dir, 'image')]), { code: 0 }, line)
  }
})
