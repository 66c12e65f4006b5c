import t from 'tap'
import { profilePasswordCommand } from '../../src/cli/commands/profile/profile-password.ts'
import { profileUnlockCommand } from '../../src/cli/commands/profile/profile-unlock.ts'
import { PosternHome } from '../support/postern.ts'
import { runTyping } from '../support/typing.ts'

const ADD = ['profile', 'add', 'work', '--email', 'ada@example.org', '--imap', 'imap://127.0.0.1:9', '--password-stdin']
const CHANGE = ['profile', 'password', 'work', '--on-server']

t.test('a password that is only stored here is said to be', async t => {
  await using home = new PosternHome()
  await home.json(ADD, 'old')
  const { code, stdout } = await home.runHere(['profile', 'password', 'work', '--password-stdin'], 'new')
  t.match({ code, stdout }, { code: 0, stdout: 'stored here; on the server it was not changed\n' })
})

t.test('a person types the current password once and the new one twice', async t => {
  await using home = new PosternHome()
  await home.json(ADD, 'old')
  const typed = await runTyping(home, CHANGE, ['old', 'new', 'nev'])
  t.match(typed, { code: 2, stderr: /^Current password of work: \nNew password of work: \nThe new one again: \n/ })
  t.match(typed.stderr, /typed in two ways/)
  t.match(await runTyping(home, CHANGE, ['old', 'new', 'new']), { code: 1, stderr: /Nobody has said where/ })
  t.match(await home.runHere([...CHANGE, '--password-stdin'], 'old\nold\n'), { code: 2, stderr: /is the current one/ })
  t.match(await home.runHere([...CHANGE, '--password-stdin'], 'old\n'), { code: 2, stderr: /empty password/ })
  t.match(await home.runHere([...CHANGE, '--smtp', '--password-stdin'], 'old\nnew'), { code: 2, stderr: /--smtp away/ })
  t.match(await home.json(['profile', 'show', 'work']), { passwordStored: true, passwordPending: false })
})

t.test('who signs in without a password is asked for none, and none is stored', async t => {
  await using home = new PosternHome()
  const server = ['--email', 'ada@example.org', '--imap', 'imap://127.0.0.1:9']
  await home.json(['profile', 'add', 'token', ...server, '--auth', 'oauth2'])
  await home.json(['profile', 'add', 'card', ...server, '--auth', 'external'])
  const ways = { token: /postern profile sign-in token/, card: /postern cert client import card FILE/ }
  for (const [name, advice] of Object.entries(ways)) {
    for (const command of [['unlock'], ['password'], ['password', '--on-server']]) {
      const { code, stderr } = await runTyping(home, ['profile', ...command, name], ['old', 'new', 'new'])
      t.match({ code, stderr }, { code: 1, stderr: advice }, `${command.join(' ')} ${name}`)
      t.notMatch(stderr, /assword of/)
      const run = await home.runHere(['profile', ...command, name, '--password-stdin', '--json'], 'old\nnew\n')
      t.match(run.json(), { error: { code: 'PROFILE_PASSWORD_UNUSED', advice } })
    }
    t.match(await home.json(['profile', 'show', name]), { passwordStored: false, passwordPending: false })
  }
  await home.json(ADD, 'old')
  const smtp = await home.runHere(['profile', 'unlock', 'work', '--smtp', '--password-stdin', '--json'], 'new')
  t.match(smtp.json(), { error: { code: 'PROFILE_PASSWORD_UNUSED', advice: /smtpAuth own/ } })
})

t.test('the examples of the help are understood, and say what they lack', async t => {
  await using home = new PosternHome()
  await home.json(ADD, 'old')
  const lacking: Readonly<Record<string, RegExp>> = {
    'profile password work': /^$/,
    'profile password work --on-server': /Nobody has said where/,
    'profile password work --on-server --password-stdin': /Nobody has said where/,
    'profile unlock work': /refused the connection/,
    'profile unlock work --password-stdin': /refused the connection/,
  }
  for (const { examples = [] } of [profilePasswordCommand, profileUnlockCommand]) {
    for (const [example] of examples) {
      const line = example.replace('$0 ', '').replace(' < file', '')
      const { code, stdout, stderr } = await home.runHere(line.split(' '), 'old\nnew\n')
      t.not(code, 2, line)
      t.match(
        line.startsWith('profile unlock') ? stdout : stderr,
        lacking[line] ?? 'an example that nobody knows',
        line,
      )
    }
  }
})
