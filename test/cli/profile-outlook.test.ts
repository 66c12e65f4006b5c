import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CommandLine } from '../support/cli.ts'

async function homeWithProfile(t: Test): Promise<{ home: CommandLine; dir: string }> {
  const homeDir = mkdtempSync(join(tmpdir(), 'postern-home-'))
  const dir = mkdtempSync(join(tmpdir(), 'postern-setup-'))
  t.teardown(() => {
    for (const each of [homeDir, dir]) rmSync(each, { recursive: true })
  })
  const home = new CommandLine(homeDir)
  writeFileSync(join(homeDir, 'config.yaml'), 'secrets: { store: file }\nfronts: { pop3: { port: 5111 } }\n')
  const account = ['--email', 'ada@example.org', '--imap', 'imaps://imap.example.org']
  await home.json(['profile', 'add', 'work', ...account, '--password-stdin'], 'very secret\n')
  return { home, dir }
}

t.test('files for Outlook have our ports and no password, and replace nothing unasked', async t => {
  const { home, dir } = await homeWithProfile(t)
  const { localPassword } = (await home.json(['profile', 'outlook', 'work'])) as { localPassword: string }
  const prf = join(dir, 'work.prf')
  const folder = join(dir, 'setup')
  const args = ['profile', 'outlook', 'work', '--prf', prf, '--autodiscover', folder]
  t.match(await home.run(args), { code: 1, stderr: /no path of Windows[\s\S]*--windows-folder/ })
  t.same(readdirSync(dir), [], 'what cannot be written whole is not written in part')
  const files = [prf, ...['work.xml', 'work.reg', 'work-undo.reg'].map(name => join(folder, name))]
  const written = await home.json([...args, '--windows-folder', 'C:\\Postern'])
  t.match(written, { files, verified: false, remarks: [/Nothing can be sent yet/, /-undo\.reg/] })
  for (const file of files) {
    const octets = readFileSync(file)
    for (const secret of ['very secret', localPassword]) {
      for (const encoding of ['utf8', 'utf16le'] as const) t.notOk(octets.includes(secret, 0, encoding), file)
    }
  }
  t.match(readFileSync(prf, 'latin1'), /^POP3Port=5111\r\nPOP3UserName=ada@example\.org\r$/m)
  t.match(readFileSync(join(folder, 'work.xml'), 'utf8'), '<Port>5111</Port>')
  t.match(readFileSync(join(folder, 'work.reg'), 'utf16le'), '"example.org"="C:\\\\Postern\\\\work.xml"')

  rmSync(prf)
  const again = await home.run([...args, '--windows-folder', 'C:\\Postern', '--json'])
  t.match(again.json(), { error: { code: 'CLI_FILE_EXISTS', message: /setup.*nothing was written/ } })
  t.same(readdirSync(dir), ['setup'], 'nothing was written')
  t.match(await home.run([...args, '--windows-folder', 'D:\\', '--force']), {
    code: 0,
    stdout: /Not tried with a real/,
  })
  t.match(readFileSync(join(folder, 'work.reg'), 'utf16le'), '"D:\\\\work.xml"')
})

t.test('options that go with a file are refused without it, and a port that changes is no port', async t => {
  const { home, dir } = await homeWithProfile(t)
  const prf = join(dir, 'work.prf')
  for (const [option, value] of [
    ['--data-file', 'C:\\a.pst'],
    ['--code-page', '1250'],
    ['--outlook-profile', 'Mail'],
    ['--windows-folder', 'C:\\a'],
  ] as const) {
    t.match(await home.run(['profile', 'outlook', 'work', option, value]), { code: 2, stderr: /goes with/ }, option)
  }
  t.match(await home.run(['profile', 'outlook', 'work', '--prf', prf, '--code-page', '932']), { code: 2 })
  await home.json(['config', 'set', 'fronts.smtp.port', '0'])
  const run = await home.run(['profile', 'outlook', 'work', '--prf', prf, '--json'])
  t.match(run.json(), { error: { code: 'OUTLOOK_NOT_EXPRESSIBLE', advice: /config set fronts\.smtp\.port 5587/ } })
  t.match(await home.run(['profile', 'outlook', 'work', '--prf', join(dir, 'none', 'work.prf')]), { code: 1 })
})
