import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { chooseInitial } from '../../src/cli/commands/profile/bind-choice.ts'
import { profileBindCommand } from '../../src/cli/commands/profile/profile-bind.ts'
import { profileUnbindCommand } from '../../src/cli/commands/profile/profile-unbind.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { homeAt } from '../../src/config/home.ts'
import { PosternHome } from '../support/postern.ts'

const COUNTS = {
  ...{ local: 9, account: 5, known: 3, elsewhere: 1, upload: 5, download: 2, staysHere: 1, deleted: 1 },
  newFolders: ['Mine'],
}
const ENTRIES = {
  ...{ local: 4, account: 6, same: 2, differing: 1, upload: 1, download: 3, deleted: 0 },
  newCollections: ['People'],
}
const WHO = { name: 'work', email: 'ada@example.test' }
const QUESTION = { ...WHO, items: 9, entries: 0, counts: { mail: COUNTS, entries: null } }
const NONE = { keep: false, delete: false, yes: false, confirm: undefined }

/** A terminal at which a person types these lines, one for each question. */
function person(...lines: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const answers = [...lines]
  let asked = ''
  const stdin = Object.assign(new PassThrough(), { isTTY: true as const })
  stderr.on('data', (chunk: Buffer) => {
    asked += chunk
    if (/(\] |: )$/.test(chunk.toString())) stdin.write(`${answers.shift() ?? ''}\n`)
  })
  const terminal = new Terminal({ stdin, stdout, stderr }, { json: false })
  const context = { terminal, home: homeAt('/nowhere'), signal: new AbortController().signal }
  return { context, asked: () => asked, told: () => String(stdout.read() ?? '') }
}

function nobody() {
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough() }
  const terminal = new Terminal(streams, { json: true })
  return { terminal, home: homeAt('/nowhere'), signal: new AbortController().signal }
}

t.test('a person is shown the counts, and keeps or deletes; to delete is asked twice', async t => {
  const keeps = person('keep', 'y')
  t.equal(await chooseInitial(QUESTION, NONE, keeps.context), 'keep')
  t.match(
    keeps.told(),
    /Here are 9 messages, the account has 5[\s\S]*3 are the same, 1 of them[\s\S]*5 would be uploaded, 2/,
  )
  const deletes = person('d', 'yes', 'work')
  t.equal(await chooseInitial(QUESTION, NONE, deletes.context), 'delete')
  t.match(deletes.asked(), /Delete the 9 local messages[\s\S]*Type work to delete/)
  for (const lines of [['x'], ['keep', 'n'], ['delete', 'n'], ['delete', 'y', 'wrok'], ['delete', 'y', '']]) {
    const rejected = chooseInitial(QUESTION, NONE, person(...lines).context)
    await t.rejects(rejected, { code: 'CLI_NOT_CONFIRMED' }, lines.join(', '))
  }
})

t.test('entries of calendars and address books count like messages', async t => {
  const both = person('delete', 'y', 'work')
  const question = { ...WHO, items: 9, entries: 4, counts: { mail: COUNTS, entries: ENTRIES } }
  t.equal(await chooseInitial(question, NONE, both.context), 'delete')
  t.match(both.asked(), /Delete the 9 local messages and 4 local entries of calendars and address books of work/)
  t.match(both.told(), /2 are the same\n {2}1 differ[\s\S]*1 would be uploaded, 3 downloaded[\s\S]*there: People/)
  const alone = { ...question, items: 0, counts: { mail: null, entries: ENTRIES } }
  await t.rejects(chooseInitial(alone, NONE, nobody()), {
    message: /^4 entries of calendars and address books are here/,
  })
})

t.test('where nobody can be asked it has to be said, and to delete twice', async t => {
  const choose = (options: object) => chooseInitial(QUESTION, { ...NONE, ...options }, nobody())
  t.equal(await choose({ keep: true, yes: true }), 'keep')
  t.equal(await choose({ delete: true, yes: true, confirm: 'work' }), 'delete')
  await t.rejects(choose({}), { code: 'CLI_USAGE', advice: /--keep, or --delete/ })
  await t.rejects(choose({ keep: true, delete: true, yes: true }), { code: 'CLI_USAGE' })
  await t.rejects(choose({ keep: true }), { code: 'CLI_NOT_CONFIRMED' })
  await t.rejects(choose({ delete: true, confirm: 'work' }), { code: 'CLI_NOT_CONFIRMED' })
  await t.rejects(choose({ delete: true, yes: true }), { code: 'CLI_NOT_CONFIRMED', message: /--confirm work/ })
  await t.rejects(choose({ delete: true, yes: true, confirm: 'home' }), { code: 'CLI_NOT_CONFIRMED' })
  t.equal(await chooseInitial({ ...QUESTION, items: 0 }, NONE, nobody()), 'keep', 'nothing is here: nothing is asked')
})

t.test('what cannot be is refused, and the examples are in the help', async t => {
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const refused = async (words: readonly string[]) => {
    const run = await home.runHere([...words, '--json'], 'secret\n')
    return [run.code, (run.json() as { error: { code: string } }).error.code]
  }
  t.same(await refused(['profile', 'add', 'x', '--email', 'x@example.test', '--local', '--user', 'x']), [
    2,
    'CLI_USAGE',
  ])
  await home.json(['profile', 'add', 'work', '--email', 'ada@example.test', '--local'])
  t.match(await home.json(['folder', 'list']), [{ path: 'INBOX', items: 0 }], 'it has an Inbox at once')
  t.same(await refused(['profile', 'unbind', 'work', '--yes']), [1, 'PROFILE_UNBOUND'])
  t.same(await refused(['profile', 'bind', 'work', '--imap', 'https://example.test']), [1, 'PROFILE_INVALID'])
  t.same(await refused(['profile', 'bind', 'nobody', 'ada@example.test']), [1, 'PROFILE_UNKNOWN'])
  t.same(await refused(['profile', 'bind', 'work', '--auth', 'oauth2']), [1, 'PROFILE_NO_SERVERS'])
  const both = ['profile', 'bind', 'work', '--groupware-only', '--imap', 'imaps://example.test']
  t.same(await refused(both), [2, 'CLI_USAGE'])
  const imap = ['--imap', 'imap://127.0.0.1:9', '--auth', 'oauth2', '--keep', '--yes']
  t.match(await home.json(['profile', 'bind', 'work', ...imap]), { counts: null, initial: 'keep' })
  t.same(await refused(['profile', 'bind', 'work', 'ada@example.test']), [1, 'PROFILE_BOUND'])
  t.match(await home.json(['profile', 'unbind', 'work', '--yes']), { name: 'work', uploads: 0 })
  t.match(await home.json(['profile', 'show', 'work']), {
    own: ['number', 'email'],
    auth: 'automatic',
    signedIn: false,
  })
  for (const command of [profileBindCommand, profileUnbindCommand]) {
    const { stdout } = await home.runHere(['profile', command.command.split(' ')[0] ?? '', '--help'])
    for (const [example] of command.examples ?? []) {
      const line = example.replace('$0', 'postern').slice(0, 30)
      t.ok(stdout.replace(/\s+/g, ' ').includes(line), `the help shows ${line}`)
    }
  }
})
