import t, { type Test } from 'tap'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { CYRUS_PASSWORD, cyrusMissing, startCyrus } from '../support/cyrus.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, frontPort } from '../support/front-account.ts'
import { scriptedAccount, scriptedOptions } from '../support/imap-script.ts'
import { PosternHome } from '../support/postern.ts'
import { RawImap } from '../support/raw-imap.ts'

/** A server with its account, and whether it is told what a folder is for. */
interface Server {
  readonly port: number
  readonly user: string
  readonly password: string
  readonly isTold: boolean
}

/** A mail program makes a folder for junk at our front; the next runs tell the server. */
async function makeJunkFolder(t: Test, { port, user, password, isTold }: Server): Promise<void> {
  await using home = new PosternHome()
  home.configure()
  const account = ['--email', FRONT_USER, '--user', user, '--imap', `imap://127.0.0.1:${port}`]
  await home.json(['profile', 'add', 'work', ...account, '--password-stdin'], password)
  await home.json(['sync', '--wait'])
  await home.start()
  using client = await RawImap.signIn(await frontPort(home), FRONT_USER, password)
  await client.run('CREATE Rubbish (USE (\\Junk))')
  await t.rejects(client.run('CREATE Other (USE (\\Junk))'), { message: /USEATTR/ })
  await t.rejects(client.run('CREATE Other (USE (\\Sent))'), { message: /USEATTR/ }, 'the server has such a folder')
  for (let run = 0; run < 2; run++) t.match(await home.json(['sync', '--wait']), { errors: { length: 0 } })
  const credentials = async () => ({ user, password })
  await using server = await connectImap(
    scriptedAccount(port, { credentials }),
    scriptedOptions(),
    new AbortController().signal,
  )
  const made = (await server.listFolders()).find(({ path }) => path === 'Rubbish')
  t.match(made, { path: 'Rubbish', role: isTold ? 'junk' : undefined }, 'there')
  t.match(JSON.stringify(await client.run('LIST "" Rubbish')), /\\\\Junk/, 'here')
}

t.test('Cyrus is told what a folder is for', { skip: cyrusMissing() ?? false }, async t => {
  await using cyrus = await startCyrus({ users: ['ada'] })
  await makeJunkFolder(t, { port: cyrus.imapPort, user: 'ada', password: CYRUS_PASSWORD, isTold: true })
})

t.test('with Dovecot, which cannot be told, it is known here', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [FRONT_USER] })
  const account = { user: FRONT_USER, password: DOVECOT_PASSWORD }
  await makeJunkFolder(t, { port: dovecot.imapPort, ...account, isTold: false })
})
