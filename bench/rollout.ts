// An administrator's roll-out: homes made from one template, each with its profile, one after the other.
//   node_modules/.bin/node bench/rollout.ts [homes]
// Prints homes per second and the disk that a home takes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { homeAt } from '../src/config/home.ts'
import { LocalControl } from '../src/daemon/control/local-control.ts'

const HOMES = Number(process.argv[2] ?? 1000)
const TEMPLATE = `version: 1
domains: [example.org]
upstreams:
  imap: imaps://imap.%d
  smtp: smtps://smtp.%d
  user: "%u"
policyUrl: https://policy.example.org/postern.yaml
`
const root = mkdtempSync(join(tmpdir(), 'postern-rollout-'))
try {
  const start = performance.now()
  for (let user = 1; user <= HOMES; user++) await makeHome(user)
  const seconds = (performance.now() - start) / 1000
  check(HOMES)
  const kilobytes = Number(execFileSync('du', ['-sk', root], { encoding: 'utf8' }).split('\t')[0])
  console.log(
    `${HOMES} homes from one template: ${seconds.toFixed(1)} s, ${(HOMES / seconds).toFixed(0)} homes per second`,
  )
  console.log(
    `disk: ${(kilobytes / 1024).toFixed(1)} MB, ${(kilobytes / HOMES).toFixed(1)} KB a home (in blocks of the file system)`,
  )
} finally {
  rmSync(root, { recursive: true })
}

// What `postern install --config` leaves in a home, then what `postern profile add --password-stdin` does.
async function makeHome(user: number): Promise<void> {
  const home = homeAt(join(root, `user${user}`))
  mkdirSync(home.dir, { mode: 0o700 })
  writeFileSync(home.defaultsFile, TEMPLATE, { mode: 0o600 })
  await using control = await LocalControl.open(home, '0')
  const profile = { name: 'work', email: `user${user}@example.org`, password: `secret of ${user}` }
  await control.call('profile.add', profile, { signal: new AbortController().signal })
}

function check(user: number): void {
  const config = readFileSync(homeAt(join(root, `user${user}`)).configFile, 'utf8')
  if (!config.includes('imap: imaps://imap.example.org') || !config.includes(`user: user${user}`)) {
    throw new Error(`the last home is not what the template says:\n${config}`)
  }
}
