import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PosternHome } from '../support/postern.ts'

async function homeWithProfile(t: Test): Promise<{ home: PosternHome; dir: string }> {
  const homeDir = mkdtempSync(join(tmpdir(), 'postern-home-'))
  const dir = mkdtempSync(join(tmpdir(), 'postern-setup-'))
  t.teardown(() => {
    for (const each of [homeDir, dir]) rmSync(each, { recursive: true })
  })
  const home = new PosternHome(homeDir)
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
  t.match(await home.runHere(args), { code: 1, stderr: /no path of Windows[\s\S]*--windows-folder/ })
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
  const again = await home.runHere([...args, '--windows-folder', 'C:\\Postern', '--json'])
  t.match(again.json(), { error: { code: 'CLI_FILE_EXISTS', message: /setup.*nothing was written/ } })
  t.same(readdirSync(dir), ['setup'], 'nothing was written')
  t.match(await home.runHere([...args, '--windows-folder', 'D:\\', '--force']), {
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
    t.match(await home.runHere(['profile', 'outlook', 'work', option, value]), { code: 2, stderr: /goes with/ }, option)
  }
  t.match(await home.runHere(['profile', 'outlook', 'work', '--display-name', 'Ada']), { code: 2, stderr: /goes with/ })
  t.match(await home.runHere(['profile', 'outlook', 'work', '--prf', prf, '--display-name', '']), {
    code: 2,
    stderr: /--display-name is empty/,
  })
  t.match(await home.runHere(['profile', 'outlook', 'work', '--prf', prf, '--code-page', '932']), { code: 2 })
  await home.json(['config', 'set', 'fronts.smtp.port', '0'])
  const run = await home.runHere(['profile', 'outlook', 'work', '--prf', prf, '--json'])
  t.match(run.json(), { error: { code: 'OUTLOOK_NOT_EXPRESSIBLE', advice: /config set fronts\.smtp\.port 5587/ } })
  t.match(await home.runHere(['profile', 'outlook', 'work', '--prf', join(dir, 'none', 'work.prf')]), { code: 1 })
})

t.test('one file is not written over another, and a link that leads nowhere stays', async t => {
  const { home, dir } = await homeWithProfile(t)
  const args = ['profile', 'outlook', 'work', '--prf']
  const folder = ['--autodiscover', join(dir, 'setup'), '--windows-folder', 'C:\\Postern']
  t.match(await home.runHere([...args, join(dir, 'setup', 'Work.xml'), ...folder, '--force']), {
    code: 2,
    stderr: /written twice; nothing was written/,
  })
  const link = join(dir, 'link.prf')
  symlinkSync(join(dir, 'nowhere'), link)
  t.match(await home.runHere([...args, link]), { code: 1, stderr: /is there already/ })
  t.equal(readlinkSync(link), join(dir, 'nowhere'))
})
