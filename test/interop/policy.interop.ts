import { connect } from 'node:net'
import t from 'tap'
import { CYRUS_PASSWORD, cyrusMissing, startCyrus } from '../support/cyrus.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { startHttp } from '../support/http-server.ts'
import { PosternHome } from '../support/postern.ts'
import { until } from '../support/until.ts'

const USER = 'ada@example.test'
const ENTRY = '/shared/vendor/postern/policy'
const METADATA = 'mail_attribute_dict = file:%h/dovecot-attributes\nprotocol imap {\n  imap_metadata = yes\n}\n'
const skip = dovecotMissing() ?? false

interface Shown {
  readonly fixed: readonly string[]
  readonly metered: boolean
  readonly prioritySyncMinutes: number
}

const show = async (home: PosternHome) => (await home.json(['profile', 'show', 'work'])) as Shown

async function makeHome(imapPort: number): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${imapPort}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
  return home
}

t.test('a policy in the METADATA of a real Dovecot fixes settings, until it is taken back', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [USER], settings: METADATA })
  await using home = await makeHome(dovecot.imapPort)
  await home.json(['sync'])
  t.same((await show(home)).fixed, [], 'there is none')
  dovecot.setServerMetadata(USER, ENTRY, '{"version": 1, "settings": {"metered": true, "prioritySyncMinutes": 7}}')
  await home.json(['sync', '--structure'])
  t.match(await show(home), { fixed: ['metered', 'prioritySyncMinutes'], metered: true, prioritySyncMinutes: 7 })
  const refused = await home.run(['profile', 'set', 'work', 'metered', 'no', '--json'])
  t.match([refused.code, refused.json()], [1, { error: { code: 'PROFILE_FIXED_BY_POLICY', remedy: 'user' } }])
  t.match((await home.run(['profile', 'show', 'work'])).stdout, /metered +yes +fixed by policy/)
  dovecot.setServerMetadata(USER, ENTRY, 'version: 1\nsettings: { metered: maybe }')
  await home.json(['sync', '--structure'])
  t.match(await show(home), { fixed: ['metered', 'prioritySyncMinutes'] }, 'a policy with a mistake changes nothing')
  dovecot.setServerMetadata(USER, ENTRY, undefined)
  await home.json(['sync', '--structure'])
  t.match(await show(home), { fixed: { length: 0 }, metered: false, prioritySyncMinutes: 1 })
})

t.test('a policy at a URL is fetched at the start and when the URL is set, and holds offline', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  await using home = await makeHome(dovecot.imapPort)
  let policy: string | undefined = 'version: 1\nsettings:\n  prioritySyncMinutes: 9\n'
  const port = await startHttp(t, (_request, response) => {
    if (policy === undefined) response.writeHead(503).end()
    else response.end(policy)
  })
  const daemon = await home.start()
  t.match(await home.run(['profile', 'set', 'work', 'policyUrl', 'http://policy.example.test/']), {
    code: 1,
    stderr: /not encrypted/,
  })
  await home.json(['profile', 'set', 'work', 'policyUrl', `http://127.0.0.1:${port}/policy.yaml`])
  await until('the policy', async () => ((await show(home)).fixed.length > 0 ? true : undefined))
  t.match(await show(home), { fixed: ['prioritySyncMinutes'], prioritySyncMinutes: 9 })
  t.match(await home.json(['status']), { profiles: [{ fixed: ['prioritySyncMinutes'], policyProblem: null }] })
  await home.killTree(daemon.child)
  policy = undefined
  await home.start()
  t.match(await show(home), { fixed: ['prioritySyncMinutes'], prioritySyncMinutes: 9 }, 'without its server it holds')
  const problem = await until('the failure is told', async () => {
    const { profiles } = (await home.json(['status'])) as { profiles: { policyProblem: object | null }[] }
    return profiles[0]?.policyProblem ?? undefined
  })
  t.match(problem, { code: 'PROFILE_POLICY_UNAVAILABLE', message: /503/ })
})

t.test('Cyrus tells a policy as well', { skip: cyrusMissing() ?? false }, async t => {
  await using cyrus = await startCyrus({ users: ['ada', 'admin'] })
  await using home = new PosternHome()
  home.configure()
  const account = ['--email', USER, '--user', 'ada', '--imap', `imap://127.0.0.1:${cyrus.imapPort}`]
  await home.json(['profile', 'add', 'work', ...account, '--password-stdin'], CYRUS_PASSWORD)
  const policy = '{\\"version\\": 1, \\"settings\\": {\\"keepDays\\": 90}}'
  await command(cyrus.imapPort, 'admin', `SETMETADATA "" (${ENTRY} "${policy}")`)
  await home.json(['sync'])
  t.match(await show(home), { fixed: ['keepDays'], keepDays: 90 })
  await command(cyrus.imapPort, 'admin', `SETMETADATA "" (${ENTRY} NIL)`)
  await home.json(['sync', '--structure'])
  t.match(await show(home), { fixed: { length: 0 }, keepDays: 0 })
})

/** Runs one IMAP command as a user of Cyrus. */
async function command(port: number, user: string, line: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.write(`a LOGIN ${user} ${CYRUS_PASSWORD}\r\nb ${line}\r\nc LOGOUT\r\n`)
  let says = ''
  for await (const chunk of socket) says += chunk
  if (!/^b OK/m.test(says)) throw new Error(says)
}
