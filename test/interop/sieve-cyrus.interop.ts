import t from 'tap'
import { CYRUS_PASSWORD, cyrusMissing, startCyrus } from '../support/cyrus.ts'
import { connectTo } from '../support/sieve-script.ts'

const USER = 'ada'
const KEEP = Buffer.from('keep;\r\n')

t.test('the scripts of a real Cyrus', { skip: cyrusMissing() ?? false }, async t => {
  await using cyrus = await startCyrus({ users: [USER], hasSieve: true })
  const connect = (password: string, mechanism: 'plain' | 'cram-md5') =>
    connectTo(t, cyrus.sievePort, { credentials: async () => ({ user: USER, password, mechanism }) })
  for (const mechanism of ['plain', 'cram-md5'] as const) {
    {
      using first = await connect(CYRUS_PASSWORD, mechanism) // Cyrus lets in one session of a user at a time
      t.same(await first.listScripts(), [], mechanism)
    }
    await t.rejects(connect('wrong', mechanism), { code: 'UPSTREAM_SIGN_IN_REFUSED' })
  }
  const session = await connect(CYRUS_PASSWORD, 'plain')
  t.match(session.capabilities, { implementation: /Cyrus/, version: '1.0' })
  t.ok(session.capabilities.sieve.has('fileinto'))
  await session.checkScript('my rules', KEEP)
  await session.putScript('my rules', KEEP)
  await session.assertSpace('my rules', 100)
  await session.setActive('my rules')
  await session.renameScript('my rules', 'neu')
  t.same(await session.listScripts(), [{ name: 'neu', isActive: true }])
  t.same(await session.getScript('neu'), KEEP)
  await session.noop()
  await t.rejects(session.deleteScript('neu'), { code: 'UPSTREAM_SCRIPT_ACTIVE' })
  await t.rejects(session.getScript('alt'), { code: 'UPSTREAM_SCRIPT_UNKNOWN' })
  await t.rejects(session.putScript('falsch', Buffer.from('frobnicate;\r\n')), {
    code: 'UPSTREAM_SCRIPT_INVALID',
    message: /"falsch": .*line 1/,
  })
  await session.setActive(undefined)
  await session.deleteScript('neu')
  t.same(await session.listScripts(), [])
})
