// Every example that the help of these commands shows, typed as it is printed.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t, { type Test } from 'tap'
import type { Command } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { dovecotMissing } from '../support/dovecot.ts'
import { PosternHome, type Run } from '../support/postern.ts'
import { radicaleMissing } from '../support/radicale.ts'
import { PASSWORD, ScriptedDomains } from '../support/scripted-domains.ts'
import { runTyping } from '../support/typing.ts'
import { until } from '../support/until.ts'

const SHOWN: readonly (readonly string[])[] = [['discover'], ['profile'], ['proxy'], ['start'], ['stop'], ['status']]
const WORK = 'email: ada@example.org, imap: "imaps://imap.example.org", smtp: "smtps://smtp.example.org"'
const FILES = {
  file: `${PASSWORD}\n`,
  'before.yaml': `version: 1\nprofiles: { work: { ${WORK} } }\n`,
  'profiles.yaml': `version: 1\nprofiles: { a: { ${WORK} }, b: { ${WORK} } }\n`,
  'work.yaml': `version: 1\nprofiles: { work: { ${WORK} } }\n`,
  '.mbsyncrc': 'IMAPAccount work\nHost imap.example.org\nUser ada\n',
  '.davmail.properties': 'davmail.imapPort=1143\n',
  '.thunderbird/prefs.js': '',
}
/** What a person answers to a question that ends so; nothing else is asked. */
const ANSWERS: readonly (readonly [question: RegExp, answer: string])[] = [
  [/^Current password/, 'the old one'],
  [/password[^\n]*: $|^The new one again: $/i, PASSWORD],
  [/\[y\/N\] $/, 'y'],
  [/\[keep\/delete\] $/, 'keep'],
  [/^Type work to delete/, 'work'],
  [/^Host: $/, 'imap.example.org'],
  [/\] ?:? $/, ''], // as usual
]

/** How the examples of a command are typed. */
interface Scene {
  /** Whether the profile `work` is there before; it is unless said otherwise. */
  readonly hasWork?: boolean
  readonly before?: () => Promise<unknown>
  readonly output?: RegExp
  /** What stands in `file`; the password unless said otherwise. */
  readonly file?: string
  /** Types an example in another way. */
  readonly play?: (t: Test, line: string) => Promise<void>
}

const SCENES: Readonly<Record<string, Scene>> = {
  discover: { hasWork: false, output: /imaps:\/\/imap\.example\.org/ },
  'profile add': { hasWork: false, output: /added (ada|work|archive)/ },
  'profile list': { output: /ada@example\.org/ },
  'profile show': { output: /imaps:\/\/imap\.example\.org/ },
  'profile set': {},
  'profile test': { output: /imap\.example\.org/ },
  'profile password': {
    before: () => home.json(['profile', 'set', 'work', 'passwordChangeUrl', 'https://autoconfig.example.org/password']),
    file: `the old one\n${PASSWORD}\n`,
  },
  'profile sign-in': { play: signIn },
  'profile outlook': { output: /127\.0\.0\.1|work\.prf|setup/ },
  'profile export': { before: async () => rmSync('work.yaml') },
  'profile import': { hasWork: false },
  'profile remove': { output: /removed work/ },
  'profile bind': { before: () => home.json(['profile', 'unbind', 'work', '--yes']), output: /ada@example\.org/ },
  'profile unbind': { output: /work/ },
  'profile unlock': { before: () => home.json(['profile', 'set', 'work', 'rememberPassword', 'no']) },
  'proxy show': {},
  'proxy password': {
    before: async () => {
      for (const set of [
        ['config', 'set', 'network.proxy'],
        ['profile', 'set', 'work', 'proxy'],
      ]) {
        await home.json([...set, 'http://ada@proxy.example.org:3128'])
      }
    },
  },
  status: {},
}
/** Those that change what runs, which the tests below type. */
const OTHERS: ReadonlySet<string> = new Set(['start', 'stop'])

const skip = dovecotMissing() ?? radicaleMissing() ?? false
if (skip) {
  t.test('the examples of the help', { skip }, async () => undefined)
  process.exit()
}

const world = await ScriptedDomains.start({ hasCalendars: true })
process.env.NODE_EXTRA_CA_CERTS = world.caFile
process.env.POSTERN_TEST_DNS = world.dns.address
process.env.NODE_OPTIONS = `--import=${join(import.meta.dirname, '../support/scripted-lookup.mjs')}`
const home = new PosternHome()
const folder = t.testdir()
process.chdir(folder)
t.teardown(async () => {
  await home[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})
home.configure(`fronts:
  pop3: { port: 0 }
  smtp: { port: 0 }
  imap: { port: 0 }
discover: { dns: "${world.dns.address}" }
secrets: { store: file }
`)
await home.start()

interface Leaf {
  /** `profile add` */
  readonly name: string
  readonly command: Command<never>
}

function leavesOf(command: Command<never>, before: readonly string[] = []): Leaf[] {
  const words = [...before, command.command.split(' ')[0] ?? '']
  const children = command.children ?? []
  const own = command.run ? [{ name: words.join(' '), command }] : []
  return [...own, ...children.flatMap(child => leavesOf(child, words))]
}

const isShown = ({ name }: Leaf) => SHOWN.some(words => name.split(' ')[0] === words[0])

for (const { name, command } of COMMANDS.flatMap(command => leavesOf(command)).filter(isShown)) {
  if (OTHERS.has(name)) continue
  t.test(`the examples of ${name}`, async t => {
    const scene = SCENES[name]
    t.ok(scene, 'somebody types it here')
    if (!scene) return
    const examples = command.examples ?? []
    t.ok(examples.length > 0, 'there is one')
    const { stdout } = await home.runHere([...name.split(' '), '--help'])
    for (const [example] of examples) {
      const line = example.replace('$0 ', '')
      t.ok(stdout.includes(`postern ${line}`.slice(0, 30).trim()), `the help shows ${line}`)
      await setTheScene(scene)
      await (scene.play ?? play(scene))(t, line)
    }
  })
}

t.test('the examples of start and stop', async t => {
  await using other = new PosternHome()
  other.configure()
  const { child } = await other.start() // `start`
  t.match(await other.run(['stop']), { code: 0 })
  await until('it has ended', async () => child.exitCode ?? undefined)
  t.match(await other.run(['start', '--detach']), { code: 0, stdout: /ready/ })
  t.match(await other.run(['status']), { code: 0, stdout: /running/ })
  t.match(await other.run(['stop']), { code: 0 })
})

async function setTheScene({ hasWork = true, before }: Scene): Promise<void> {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const name of ['work.prf', 'setup', 'profiles.json'])
    rmSync(join(folder, name), { recursive: true, force: true })
  const profiles = (await home.json(['profile', 'list'])) as readonly { name: string }[] // as `profile list` gives it
  for (const { name } of profiles) await home.json(['profile', 'remove', name, '--yes'])
  if (hasWork) await home.json(['profile', 'import', 'before.yaml', '--password-stdin'], `${PASSWORD}\n`)
  await before?.()
}

function play({ output = /(?:)/, file = FILES.file }: Scene) {
  return async (t: Test, line: string) => {
    const { code, stdout, stderr } = await typed(line, file)
    t.equal(code, 0, `${line}\n${stderr}`)
    t.match(stdout + stderr, output, line)
    t.notMatch(stdout + stderr, new RegExp(`\\b${PASSWORD}\\b`), 'no password is shown')
  }
}

/** The providers are somebody else's: what can be seen here is that the line is understood, and which page is shown. */
async function signIn(t: Test, line: string): Promise<void> {
  const [args = '', input] = line.split(' < ')
  const child = home.spawn(args.split(' '))
  child.stdin?.end(input === undefined ? '' : FILES.file)
  let told = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    told += text
  })
  const provider = /microsoft|google/.exec(line)?.[0]
  const expected = provider ? new RegExp(`https://[^ ]*${provider}[^ ]*client_id=ID`) : /postern: /
  await until('it has told something', async () => expected.exec(told) ?? undefined)
  t.match(told, provider ? expected : /login\.example\.org|--provider/, line)
  await home.killTree(child)
}

/** Types a line: what comes from a file is not typed by a person. */
async function typed(line: string, file: string): Promise<Run> {
  const [command = '', input] = line.split(' < ')
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const args = words.map(word => word.replace(/^~\//, `${folder}/`))
  if (input !== undefined) return home.runHere(args, file)
  return runTyping(home, args, question => ANSWERS.find(([ending]) => ending.test(question))?.[1])
}
