import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { homeAt } from '../../src/config/home.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { freePorts } from '../support/free-port.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'
import { until } from '../support/until.ts'

const USER = 'ada@example.test'

interface Status {
  readonly profiles: readonly {
    state: string
    items: number
    lastError: { class: string; nextAttempt: string } | null
    watching: { kind: string; error: { code: string } | null } | null
  }[]
}

interface Folder {
  readonly path: string
  readonly class: string
  readonly items: number
}

async function makeHome(port: number): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const imap = ['--imap', `imap://127.0.0.1:${port}`]
  await home.json(['profile', 'add', 'work', '--email', USER, ...imap, '--password-stdin'], DOVECOT_PASSWORD)
  return home
}

t.test('a server that cannot be reached is told, with the next attempt, unless that is switched off', async t => {
  const [port = 0] = await freePorts(1)
  await using home = await makeHome(port)
  await home.start()
  const status = async () => ((await home.json(['status'])) as Status).profiles[0]
  const error = await until('the failure', async () => (await status())?.lastError ?? undefined)
  t.match(error, { class: 'net', code: 'NET_REFUSED', nextAttempt: /^\d{4}-.*Z$/ })
  const waitMs = Date.parse(error.nextAttempt) - Date.now()
  t.ok(waitMs < 15_500, `the first attempts follow soon: in ${waitMs} ms`)
  t.match((await home.run(['status'])).stdout, /refused the connection.*\(net\)\n.*\n {2}next attempt \d{4}-/)
  await home.json(['profile', 'set', 'work', 'showConnectionErrors', 'no'])
  t.match(await status(), { lastError: null, state: 'new' })
  const [log = ''] = readdirSync(join(home.dir, 'logs'))
  t.match(readFileSync(join(home.dir, 'logs', log), 'utf8'), /NET_REFUSED/, 'the log has it')
})

/** Runs a synchronization as the command line does, and gives all that the daemon says. */
async function eventsOfSync(home: PosternHome): Promise<string> {
  const { controlAddress, controlTokenFile } = homeAt(home.dir)
  const headers = { authorization: `Bearer ${readFileSync(controlTokenFile, 'utf8')}` }
  const call = request({ socketPath: controlAddress, path: '/v1/sync', method: 'POST', headers, agent: false })
  call.end(JSON.stringify({ folders: [], structureOnly: false }))
  const [response] = await once(call, 'response')
  return text(response)
}

t.test('progress is shown, unless that is switched off', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages: 20, seed: 3, largeEvery: 0 })
  dovecot.own('ada')
  await using home = await makeHome(dovecot.imapPort)
  await home.json(['pause'])
  await home.start()
  await home.json(['profile', 'set', 'work', 'useOutlookSettings', 'yes']) // nothing by itself
  await home.json(['profile', 'set', 'work', 'showProgress', 'no'])
  await home.json(['profile', 'set', 'work', 'paused', ''])
  t.notMatch(await eventsOfSync(home), /"event"/)
  generateMaildir(join(dovecot.maildir('ada'), '.Sent'), { messages: 20, seed: 4, largeEvery: 0 })
  dovecot.own('ada')
  await home.json(['profile', 'set', 'work', 'showProgress', 'yes'])
  t.match(await eventsOfSync(home), /"event":\{"kind":"counters"/)
})

t.test(
  'an approved certificate is tried at once, and one that is approved no longer is used no longer',
  { skip: dovecotMissing() ?? false },
  async t => {
    const certificate = await makeServerCertificate(t.testdir({}), { ips: ['127.0.0.1'] })
    await using dovecot = await startDovecot({ users: [USER], certificate })
    await using home = new PosternHome()
    home.configure()
    const imap = ['--imap', `imaps://127.0.0.1:${dovecot.imapsPort}`]
    await home.json(['profile', 'add', 'work', '--email', USER, ...imap, '--password-stdin'], DOVECOT_PASSWORD)
    await home.start()
    const status = async () => ((await home.json(['status'])) as Status).profiles[0]
    const error = await until('the failure', async () => (await status())?.lastError ?? undefined)
    t.match(error, { class: 'server', code: 'TLS_UNTRUSTED' })
    t.ok(Date.parse(error.nextAttempt) - Date.now() > 45_000)
    const approve = ['cert', 'approve', `127.0.0.1:${dovecot.imapsPort}`, '--starttls', 'none', '--yes']
    const { id } = (await home.json(approve)) as { id: string }
    await until('a run', async () => ((await status())?.state === 'ok' ? true : undefined))
    await until('the watching', async () => ((await status())?.watching?.kind === 'notify' ? true : undefined))

    await home.json(['cert', 'remove', id])
    const broken = await until(
      'what was connected with it ends',
      async () => (await status())?.watching?.error ?? undefined,
    )
    t.match(broken, { code: 'TLS_UNTRUSTED' })
    const again = await home.run(['sync', '--json'])
    t.match(again.json(), { error: { code: 'TLS_UNTRUSTED' } })
  },
)

t.test('folders on demand come when they are asked for or opened', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  for (const folder of ['', '.Sent', '.Trash']) {
    generateMaildir(join(dovecot.maildir('ada'), folder), { messages: 3, seed: 3, largeEvery: 0 })
  }
  dovecot.own('ada')
  await using home = await makeHome(dovecot.imapPort)
  const folders = async () => {
    const list = (await home.json(['folder', 'list'])) as Folder[]
    return Object.fromEntries(list.map(({ path, class: kind, items }) => [path, `${kind} ${items}`]))
  }
  await home.json(['sync', '--structure'])
  t.match(await home.json(['folder', 'set', 'Sent', '--class', 'other']), {
    class: 'other',
    automaticFolders: ['*', '!Sent'],
  })
  await home.json(['folder', 'set', 'Trash', '--class', 'other'])
  t.match((await home.run(['folder', 'set', 'Nowhere', '--class', 'other'])).stderr, /no folder "Nowhere"/)
  await home.start()
  await until('the automatic folders', async () => ((await folders()).INBOX === 'priority 3' ? true : undefined))
  t.match(await folders(), { Sent: 'other 0', Trash: 'other 0', Drafts: 'standard 0' })
  await home.json(['sync', 'Sent'])
  t.match(await folders(), { Sent: 'other 3', Trash: 'other 0' })
  await home.json(['folder', 'set', 'Trash', '--class', 'priority'])
  await until('a folder that has become automatic', async () =>
    (await folders()).Trash === 'priority 3' ? true : undefined,
  )
})
