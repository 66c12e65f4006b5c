import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { profileAddCommand } from '../../src/cli/commands/profile/profile-add.ts'
import { profileExportCommand } from '../../src/cli/commands/profile/profile-export.ts'
import { profileImportCommand } from '../../src/cli/commands/profile/profile-import.ts'
import { profileOutlookCommand } from '../../src/cli/commands/profile/profile-outlook.ts'
import { PosternHome } from '../support/postern.ts'

const SETTINGS = 'email: ada@example.org, imap: "imaps://imap.example.org", smtp: "smtps://smtp.example.org"'
const FILES = {
  'before.yaml': `version: 1\nprofiles: { work: { ${SETTINGS} } }\n`,
  'profiles.yaml': `version: 1\nprofiles: { a: { ${SETTINGS} }, b: { ${SETTINGS} } }\n`,
  '.mbsyncrc': 'IMAPAccount work\nHost imap.example.org\nUser ada\n',
  '.davmail.properties': 'davmail.imapPort=1143\n',
  '.thunderbird/prefs.js': '',
}

t.test('the examples of the help work as they are printed', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-examples-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const home = new PosternHome(join(dir, 'home'))
  mkdirSync(join(dir, 'home'))
  writeFileSync(join(dir, 'home', 'config.yaml'), 'secrets: { store: file }\n')
  mkdirSync(join(dir, '.thunderbird'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text)
  await home.json(['profile', 'import', join(dir, 'before.yaml')])
  for (const command of [profileOutlookCommand, profileExportCommand, profileImportCommand]) {
    const { stdout } = await home.runHere(['profile', command.command.split(' ')[0] ?? '', '--help'])
    for (const [example] of command.examples ?? []) {
      const line = example.replace('$0', 'postern')
      t.match(stdout.replace(/\s+/g, ' '), line.slice(0, 30), 'the help shows it')
      if (command === profileImportCommand) await removeAll(home)
      const run = await home.runHere(wordsOf(line, dir), line.includes(' < file') ? 'very secret\n' : '')
      t.equal(run.code, 0, `${line} ${run.stderr}`)
    }
  }
})

t.test('the example of `profile add` with a ManageSieve server', async t => {
  const home = new PosternHome()
  t.teardown(() => home[Symbol.asyncDispose]())
  home.configure('secrets: { store: file }\n')
  const [example = ''] = profileAddCommand.examples?.find(([line]) => line.includes('--sieve')) ?? []
  const run = await home.runHere(wordsOf(example, home.dir), 'very secret\n')
  t.match(run, { code: 0, stdout: /added work/ })
  t.match(await home.json(['profile', 'show', 'work']), { sieve: 'sieve://imap.example.org' })
})

async function removeAll(home: PosternHome): Promise<void> {
  const profiles = (await home.json(['profile', 'list'])) as readonly { name: string }[] // as `profile list` gives it
  for (const { name } of profiles) await home.json(['profile', 'remove', name, '--yes'])
}

/** Splits a line as a shell would; files lie in `dir`, which is also what `~` stands for. */
function wordsOf(line: string, dir: string): readonly string[] {
  const [, ...words] = [...line.replace(' < file', '').matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
  const isFile = (word: string) => /^~|\.(yaml|json|prf)$|^setup$/.test(word)
  return words.map(word => (isFile(word) ? join(dir, word.replace(/^~\//, '')) : word))
}
