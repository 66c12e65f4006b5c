import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../support/until.ts'
import { sessionMissing, UserSession } from '../support/user-session.ts'

interface Installed {
  readonly changed: boolean
  readonly started: boolean
}

const ANY_PORT = 'fronts:\n  pop3: { port: 0 }\n  smtp: { port: 0 }\n  imap: { port: 0 }\n'
const POLL_MS = 1000 // each question is two processes
const COMPANY = 'version: 1\nupstreams: { imap: "imap://%u.localhost:1" }\n'

const missing = sessionMissing()
let why = ''
const session = missing === undefined ? await UserSession.start(reason => (why = reason)) : undefined
t.teardown(() => session?.[Symbol.asyncDispose]())
// A container may have no namespaces. What systemd would be told is tried in notify.interop.ts anyway.
const skip =
  missing ?? (session ? false : `NOT TRIED: no session of systemd can be started here: ${why.split('\n')[0]}`)
if (!session && missing === undefined) t.comment(why)

t.test('systemd runs it, and everything is kept from the installation to the upgrade', { skip }, async t => {
  if (!session) return
  const running = async (not = '') =>
    await until(
      'the unit is active',
      async () => {
        const unit = await session.unit()
        return unit.ActiveState === 'active' && unit.MainPID !== not ? unit : undefined
      },
      POLL_MS,
    )
  const unitFile = join(session.home, '.config/systemd/user/postern.service')
  writeFileSync(join(session.posternHome, 'config.yaml'), ANY_PORT)
  const company = join(session.home, 'company.yaml')
  writeFileSync(company, COMPANY)

  t.match(await session.postern(['install', '--noprofile', '--config', company]), { changed: true, started: true })
  const first = await session.unit()
  t.match(first, {
    ActiveState: 'active',
    Type: 'notify',
    StatusText: 'pop3 listening, smtp listening, imap listening',
  })
  t.equal(first.UnitFileState, 'enabled')
  t.match(await session.postern(['status']), { running: true, pid: Number(first.MainPID) })

  t.match(await session.postern(['install', '--silent']), { changed: false, started: false })
  t.equal((await session.unit()).MainPID, first.MainPID, 'installing again disturbs nothing')

  await session.run('kill', ['-9', String(first.MainPID)])
  const second = await running(first.MainPID)
  t.equal(second.NRestarts, '1', 'after a kill it is started again')

  // As an administrator would shorten it; a stopped process is a hung event loop.
  mkdirSync(`${unitFile}.d`)
  writeFileSync(join(`${unitFile}.d`, 'watchdog.conf'), '[Service]\nWatchdogSec=8\nRestartSec=0\n')
  await session.run('systemctl', ['--user', 'daemon-reload'])
  await session.run('systemctl', ['--user', 'restart', 'postern.service'])
  const watched = await running(second.MainPID)
  const { WatchdogTimestampMonotonic: earlier } = await session.unit()
  await until(
    'another sign of life',
    async () => {
      const { WatchdogTimestampMonotonic: now } = await session.unit()
      return now !== earlier || undefined
    },
    POLL_MS,
  )
  t.equal((await session.unit()).MainPID, watched.MainPID, 'who gives signs of life is left alone')
  await session.run('kill', ['-STOP', String(watched.MainPID)])
  await running(watched.MainPID)
  t.pass('who gives none is started anew')

  const add = ['profile', 'add', 'work', '--email', 'ada@example.org', '--password-stdin']
  t.match(await session.postern(add, 'secret'), { imap: 'imap://ada.localhost:1' }, 'servers by the template')
  const before = await stateOf(session)
  writeFileSync(
    unitFile,
    readFileSync(unitFile, 'utf8')
      .replace(/^# .*$/m, '# an older version')
      .replace(/^UMask.*\n/m, ''),
  )
  const old = await session.unit()
  const upgrade = (await session.postern(['install', '--silent'])) as Installed
  t.match(upgrade, { changed: true, started: true })
  t.not((await session.unit()).MainPID, old.MainPID, 'the new version runs')
  t.same(await stateOf(session), before, 'settings, certificates and secrets are what they were')

  t.match(await session.postern(['uninstall', '--silent']), { kept: session.posternHome, purged: null })
  t.match(await session.unit(), { ActiveState: 'inactive', LoadState: 'not-found' })
  t.match(
    await session.postern(['status']),
    { running: false, profiles: [{ name: 'work' }] },
    'uninstalling keeps the home',
  )
})

/** What Outlook and the user would notice, if it were another one. */
async function stateOf(session: UserSession): Promise<readonly unknown[]> {
  const files = ['config.yaml', 'defaults.yaml', 'secrets.enc', 'secrets.key', 'certs/ca.pem']
  const { localPassword } = (await session.postern(['profile', 'outlook', 'work'])) as { localPassword: string }
  return [localPassword, ...files.map(name => readFileSync(join(session.posternHome, name), 'base64'))]
}
