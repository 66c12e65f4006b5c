import t from 'tap'
import { requestOf } from '../../src/daemon/engine/account-request.ts'
import { hasMailServer, isGroupwareOnly, isUnbound, serverUrlsOf } from '../../src/profile/binding.ts'
import type { Secrets } from '../../src/profile/secrets.ts'
import { DIRECT } from '../support/direct-ways.ts'
import { PosternHome } from '../support/postern.ts'
import { makeProfile, SchedulerWorld } from '../support/scheduler-world.ts'

const DAV = 'https://dav.example.test/'
const secrets = { find: () => 'secret' } as unknown as Secrets // all that is asked of them

t.test('who has the mail, and which servers there are, say what a profile synchronizes', async t => {
  const kinds = (settings: object) => {
    const profile = makeProfile(settings as Record<string, unknown>)
    return { mail: hasMailServer(profile), only: isGroupwareOnly(profile), unbound: isUnbound(profile) }
  }
  t.same(kinds({}), { mail: true, only: false, unbound: false })
  t.same(kinds({ dav: DAV }), { mail: true, only: false, unbound: false })
  t.same(kinds({ dav: DAV, mailIn: 'outlook' }), { mail: false, only: true, unbound: false })
  t.same(kinds({ dav: DAV, imap: undefined }), { mail: false, only: true, unbound: false })
  t.same(kinds({ mailIn: 'outlook' }), { mail: false, only: false, unbound: true })
  t.same(kinds({ imap: undefined }), { mail: false, only: false, unbound: true })
  t.match(serverUrlsOf(makeProfile({ dav: DAV, carddav: DAV })), [/^imap/, DAV, DAV])
})

t.test('the engine is told of the servers that are ours to ask, and of no other', async t => {
  const both = await requestOf(makeProfile({ dav: DAV }), secrets, DIRECT)
  t.match(both, { mail: { server: {} }, collections: { server: { url: DAV, host: 'dav.example.test', port: 443 } } })
  t.equal(both?.addressBooks, undefined)
  const only = await requestOf(makeProfile({ dav: DAV, mailIn: 'outlook' }), secrets, DIRECT)
  t.match(only, { mail: undefined, collections: { server: { security: 'tls' } } })
})

t.test('Outlook’s polls drive no profile whose mail is elsewhere: its intervals do', async t => {
  using world = new SchedulerWorld({ dav: DAV, mailIn: 'outlook', useOutlookSettings: true })
  world.scheduler.start()
  world.pass(1)
  t.same(world.take(), ['0 automatic also'])
  world.pass(1800)
  t.ok(world.take().some(run => run.includes('automatic')))
})

t.test('what cannot be is refused when the profile is added or changed', async t => {
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const fails = async (args: readonly string[], code: string) => {
    const run = await home.runHere([...args, '--json'], 'secret')
    t.match(run.json(), { error: { code } }, args.join(' '))
  }
  const add = ['profile', 'add', 'work', '--email', 'ada@example.test', '--password-stdin']
  await fails([...add, '--groupware-only', '--imap', 'imaps://x', '--dav', DAV], 'CLI_USAGE')
  await fails([...add, '--groupware-only', '--local'], 'CLI_USAGE')
  for (const dav of ['ftp://x/', 'https://ada:secret@x/', 'x', 'https://x/#y']) {
    await fails([...add, '--groupware-only', '--dav', dav], 'PROFILE_INVALID')
  }
  t.match(await home.json([...add, '--groupware-only', '--dav', DAV, '--carddav', 'https://b/'], 'secret'), {
    ...{ dav: DAV, carddav: 'https://b/', mailIn: 'outlook' },
  })
  t.match((await home.runHere(['profile', 'list'])).stdout, /work +ada@example\.test +in Outlook +- +https:\/\/dav/)
  t.match((await home.runHere(['profile', 'show', 'work'])).stdout, /^work, password stored\n/)
  t.match(await home.json(['profile', 'show', 'work']), { bound: true })
  t.match(await home.json(['profile', 'list']), [{ bound: true }])
  await fails(['profile', 'set', 'work', 'dav', ''], 'PROFILE_INVALID')
  await fails(['profile', 'bind', 'work', 'ada@example.test', '--imap', 'imaps://x'], 'PROFILE_BOUND')
  await home.json(['profile', 'unbind', 'work', '--yes'])
  t.match(await home.json(['profile', 'list']), [{ imap: null, dav: null, mailIn: 'postern', bound: false }])
  t.match(await home.json(['profile', 'show', 'work']), { bound: false })
  t.match((await home.runHere(['profile', 'show', 'work'])).stdout, /^work, bound to no account\n/)
})

t.test('an empty URL is no server, and nobody is left without one', async t => {
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const fails = async (args: readonly string[], message: RegExp) => {
    const run = await home.runHere([...args, '--json'], 'secret')
    t.match(run.json(), { error: { code: 'PROFILE_INVALID', message } }, args.join(' '))
  }
  const add = ['profile', 'add', 'work', '--email', 'ada@example.test', '--password-stdin']
  await fails([...add, '--groupware-only', '--dav', ''], /dav: must look like https/)
  await fails([...add, '--dav', ''], /dav: must look like https/) // before anything is searched for
  await fails([...add, '--imap', 'imaps://x', '--dav', ''], /dav: must look like https/)
  await fails([...add, '--imap', 'imaps://x', '--smtp', ''], /smtp: must look like smtps/)
  await fails([...add, '--imap', ''], /imap: must look like imaps/)
  t.same(await home.json(['profile', 'list']), [])

  await home.json([...add, '--imap', 'imaps://x'], 'secret')
  await fails(['profile', 'set', 'work', 'mailIn', 'outlook'], /work would have nothing to synchronize/)
  await home.json(['profile', 'set', 'work', 'dav', DAV])
  await home.json(['profile', 'set', 'work', 'mailIn', 'outlook'])
  await fails(['profile', 'set', 'work', 'dav', ''], /work cannot do without its DAV server/)
  await home.json(['profile', 'unbind', 'work', '--yes'])
  await fails(['profile', 'bind', 'work', '--imap', '', '--password-stdin'], /imap: must look like imaps/)
})
