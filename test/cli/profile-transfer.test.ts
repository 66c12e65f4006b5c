import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PosternHome } from '../support/postern.ts'

function makeHome(t: Test): PosternHome {
  const dir = makeDir(t)
  writeFileSync(join(dir, 'config.yaml'), 'secrets: { store: file }\n')
  return new PosternHome(dir)
}

function makeDir(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'postern-transfer-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  return dir
}

const ADD = ['--email', 'ada@example.org', '--imap', 'imaps://imap.example.org', '--password-stdin']

t.test('a profile moves to another home: its settings, not its password', async t => {
  const [from, to, dir] = [makeHome(t), makeHome(t), makeDir(t)]
  await from.json(['profile', 'add', 'work', ...ADD], 'very secret\n')
  await from.json(['profile', 'set', 'work', 'automaticFolders', '*,!Spam'])
  await from.json(['profile', 'set', 'work', 'paused', 'yes'])
  const file = join(dir, 'work.yaml')
  t.match(await from.json(['profile', 'export', 'work', file]), { file, profiles: ['work'] })
  const text = readFileSync(file, 'utf8')
  t.notMatch(text, /secret|localPassword|number|paused|fullSyncThreshold/)
  t.match(await from.runHere(['profile', 'export', 'work', file]), { code: 1, stderr: /is there already/ })
  t.match(await from.runHere(['profile', 'export']), { code: 2, stderr: /--all/ })

  t.match(await to.json(['profile', 'import', file]), {
    imported: [{ name: 'work', email: 'ada@example.org', missing: ['password'] }],
    leftOut: [],
  })
  t.match(await to.json(['profile', 'show', 'work']), { passwordStored: false, automaticFolders: ['*', '!Spam'] })
  t.match(await to.json(['status']), {
    profiles: [{ name: 'work', state: 'error', lastError: { code: 'PROFILE_NO_PASSWORD', nextAttempt: null } }],
  })
  t.match(await to.runHere(['sync']), { code: 1, stderr: /postern profile password work/ })
  const refused = await to.runHere(['profile', 'import', file])
  t.match(refused, { code: 1, stderr: /There is a profile "work" already/ })
  const more = await to.json(['profile', 'import', file, '--name', 'office', '--password-stdin'], 'very secret\n')
  t.match(more, { imported: [{ name: 'office', missing: [] }] })
  t.match(await to.json(['profile', 'show', 'office']), { passwordStored: true, number: 2 })
  t.match(await to.json(['profile', 'export', '--all']), { version: 1, profiles: { work: {}, office: {} } })
})

t.test('an account that signs in without a password takes none from the import either', async t => {
  const [home, dir] = [makeHome(t), makeDir(t)]
  const file = join(dir, 'profiles.yaml')
  const account = 'email: ada@example.org\n    imap: imaps://imap.example.org\n    auth: oauth2'
  writeFileSync(file, `version: 1\nprofiles:\n  work:\n    ${account}\n`)
  const refused = await home.runHere(['profile', 'import', file, '--password-stdin', '--json'], 'secret\n')
  t.match([refused.code, refused.json()], [2, { error: { code: 'CLI_USAGE', advice: /--password-stdin/ } }])
  t.match(await home.json(['profile', 'import', file]), { imported: [{ name: 'work', missing: [] }] })
})

t.test('a file with a mistake imports nothing', async t => {
  const [home, dir] = [makeHome(t), makeDir(t)]
  const file = join(dir, 'profiles.yaml')
  const one = (name: string) => `  ${name}:\n    email: ada@example.org\n    imap: imaps://imap.example.org\n`
  writeFileSync(file, `version: 1\nprofiles:\n${one('a')}${one('b')}    keepDays: -1\n`)
  t.match(await home.runHere(['profile', 'import', file]), { code: 1, stderr: /profiles\.b\.keepDays.*\(line 9\)/ })
  writeFileSync(file, `version: 1\nprofiles:\n${one('a')}${one('A')}`)
  t.match(await home.runHere(['profile', 'import', file]), { code: 1, stderr: /"A" already/ })
  writeFileSync(file, `version: 1\nprofiles:\n${one('a')}${one('b')}`)
  t.match(await home.runHere(['profile', 'import', file, '--name', 'c']), {
    code: 2,
    stderr: /for one account[\s\S]*a, b/,
  })
  t.match(await home.runHere(['profile', 'import', file, '--password-stdin'], 'x'), {
    code: 2,
    stderr: /cannot be that of 2/,
  })
  t.match(await home.runHere(['profile', 'import', '/dev/zero']), { code: 1, stderr: /no plain file/ })
  t.match(await home.runHere(['profile', 'import', join(dir, 'none')]), { code: 1, stderr: /cannot be read/ })
  t.same(await home.json(['profile', 'list']), [])
  t.match(await home.json(['profile', 'import', file, '--only', 'b']), { imported: [{ name: 'b' }] })
})

t.test('several accounts of another program come at once, with what is still missing', async t => {
  const [home, dir] = [makeHome(t), makeDir(t)]
  mkdirSync(join(dir, 'x.default'))
  writeFileSync(join(dir, 'profiles.ini'), '[Profile0]\nName=default\nIsRelative=1\nPath=x.default\n')
  const account = (n: number, host: string) =>
    [
      `user_pref("mail.account.account${n}.server", "server${n}");`,
      `user_pref("mail.server.server${n}.type", "imap");`,
      `user_pref("mail.server.server${n}.hostname", "${host}");`,
      `user_pref("mail.server.server${n}.userName", "ada@example.org");`,
      `user_pref("mail.server.server${n}.name", "Mail \\x1b[31m${n}");`,
      `user_pref("mail.server.server${n}.socketType", 3);`,
      `user_pref("mail.account.account${n}.identities", "id${n}");`,
      `user_pref("mail.identity.id${n}.smtpServer", "smtp1");`,
    ].join('\n')
  const smtp = (key: string, value: string) => `user_pref("mail.smtpserver.smtp1.${key}", ${value});`
  const prefs = [
    'user_pref("mail.accountmanager.accounts", "account1,account2,account3");',
    account(1, 'imap.example.org'),
    account(2, 'imap.example.net'),
    account(3, 'no host/at all'),
    ...[smtp('hostname', '"smtp.example.org"'), smtp('try_ssl', '3'), smtp('username', '"sender"')],
  ]
  writeFileSync(join(dir, 'x.default', 'prefs.js'), prefs.join('\n'))
  const args = ['profile', 'import', '--from', 'thunderbird', dir]
  const shown = await home.runHere([...args, '--list'])
  t.match(shown, { code: 0, stdout: /Mail-31m1: ada@example\.org[\s\S]*left out: Mail-31m3: imap must look like/ })
  t.notMatch(shown.stdout, '\x1b', 'a terminal is told nothing by names')
  t.same(await home.json(['profile', 'list']), [], '--list imports nothing')
  const { stdout } = await home.runHere(args)
  t.match(stdout, /next: postern profile password Mail-31m1\n.*Mail-31m1 --smtp\n.*Mail-31m2\n.*Mail-31m2 --smtp\n/)
  t.match(await home.json(['profile', 'list']), [
    { imap: 'imaps://imap.example.org' },
    { smtp: 'smtps://smtp.example.org' },
  ])
  await home.json(['profile', 'password', 'Mail-31m1', '--password-stdin'], 'x\n')
  t.match(await home.json(['status']), {
    profiles: [
      { lastError: { message: /No SMTP password/, advice: /--smtp/ } },
      { lastError: { message: /No password/ } },
    ],
  })
  writeFileSync(join(dir, 'x.default', 'prefs.js'), '')
  t.match(await home.runHere(args), { code: 1, stderr: /no account to import/ })
})

t.test('what cannot be imported says why', async t => {
  const [home, dir] = [makeHome(t), makeDir(t)]
  const [file, rc, properties] = ['work.yaml', 'rc', 'properties'].map(name => join(dir, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, 'version: 1\nprofiles: { work: { email: a@x, imap: "imaps://h", smtpAuth: own } }\n')
  writeFileSync(rc, 'IMAPAccount t\nTunnel x\n\nIMAPAccount b\nHost h\nUser u@x\n')
  writeFileSync(properties, 'davmail.imapPort=\n')
  const refused = async (...args: string[]) => (await home.runHere(['profile', 'import', ...args])).stderr
  t.match(await refused(file, '--name', '../x'), /not valid: name: must be 1 to 63 letters/)
  t.match(await refused(file, '--email', 'x'), /not valid: email: must be an e-mail address/)
  t.match(await refused('--from', 'davmail', properties, '--email', 'a@x'), /no account to import[\s\S]*switched off/)
  t.match(await refused('--from', 'mbsync', rc, '--only', 't'), /t is left out: it connects through a command/)
  t.same(await home.json(['profile', 'list']), [])
  t.match(await home.json(['profile', 'import', '--from', 'mbsync', rc, '--only', 'b', '--only', 'b']), {
    imported: [{ name: 'b' }],
  })
  const own = await home.json(['profile', 'import', file, '--password-stdin'], 'x\n')
  t.match(own, { imported: [{ missing: [] }] }, 'without an SMTP server its password is not missed')
})
