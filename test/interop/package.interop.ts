import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { isProgram } from '../../src/config/user-folders.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NAME = `${process.platform}-${process.arch}`
const execute = promisify(execFile)

const dir = mkdtempSync(join(tmpdir(), 'postern package '))
const folder = join(dir, `postern-${NAME}`)
const postern = join(folder, 'postern')
const programs = join(dir, 'programs') // what the launcher may use; there is no Node among it
mkdirSync(programs)
mkdirSync(join(dir, 'home'))
symlinkSync('/usr/bin/readlink', join(programs, 'readlink'))
t.teardown(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))

async function run(program: string, ...args: string[]): Promise<string> {
  const env = { PATH: programs, HOME: join(dir, 'home'), POSTERN_HOME: join(dir, 'home', 'postern') }
  return (await execute(program, args, { env, cwd: programs, timeout: 60_000 })).stdout
}

t.before(async () => {
  // tap gives its own loaders to every Node that is started below it; npm and tsc fail with them.
  const build = ['-u', 'NODE_OPTIONS', process.execPath, join(ROOT, 'packaging/package.ts'), NAME, '--out', dir]
  await execute('env', build, { cwd: ROOT })
})

t.test('it has Node and everything else inside, and nothing that only developers need', async t => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  t.equal(await run(postern, '--version'), `${version}\n`)
  t.equal((await execute(join(folder, 'runtime/node'), ['--version'])).stdout.split('.')[0], 'v24')
  for (const name of ['src', 'test', 'node_modules/typescript', 'node_modules/tap', 'node_modules/node']) {
    t.notOk(existsSync(join(folder, name)), name)
  }
})

t.test('it can be called through links, absolute and relative ones', async t => {
  symlinkSync(postern, join(dir, 'absolute'))
  symlinkSync('../absolute', join(programs, 'relative'))
  t.match(await run(join(programs, 'relative'), '--version'), /^\d+\.\d+\.\d+\n$/)
})

t.test('a message goes round in the demo, with all its processes', async t => {
  t.match(JSON.parse(await run(postern, 'demo', '--once', '--json')), {
    pop3: '+OK 0 0',
    folders: 12,
    roundTripMs: Number,
  })
})

t.test(
  'what it installs runs its own Node',
  { skip: isProgram('systemctl') ? false : 'systemd is not installed' },
  async t => {
    symlinkSync('/usr/bin/systemctl', join(programs, 'systemctl'))
    const image = join(dir, 'image')
    await run(postern, 'install', '--silent', '--all-users', '--root', image)
    const unit = readFileSync(join(image, 'etc/systemd/user/postern.service'), 'utf8')
    t.match(unit, `ExecStart="${folder}/runtime/node" "${folder}/bin/postern.js" start\n`)
  },
)
