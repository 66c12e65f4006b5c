import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { connectTestDav, contact, davOptions, event, OtherClient, todo } from '../support/dav.ts'
import { DAV_SERVERS, type RunningDav } from '../support/dav-servers.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { type Daemon, PosternHome } from '../support/postern.ts'
import { RADICALE_PASSWORD, radicaleMissing, startRadicale } from '../support/radicale.ts'

interface Listed {
  readonly id: string
  readonly subject: string
}

const USER = 'ada'
const EMAIL = 'ada@example.test'
const SETTINGS = 'fronts:\n  pop3: { port: 0 }\n  smtp: { port: 0 }\n  imap: { port: 0 }\nsecrets: { store: file }\n'
const OTHER = 'grace' // an account of its own on the same server
const THIRD = 'mary'

type Contents = Readonly<Record<string, readonly string[]>>

/** A profile of calendars and contacts, all of them here, and unbound. */
class World implements AsyncDisposable {
  readonly home: PosternHome
  readonly daemon: Daemon
  readonly first: RunningDav

  private constructor(home: PosternHome, daemon: Daemon, first: RunningDav) {
    this.home = home
    this.daemon = daemon
    this.first = first
  }

  static async open(): Promise<World> {
    const radicale = await startRadicale({ users: [USER, OTHER, THIRD] })
    const places = { password: RADICALE_PASSWORD, calendars: `/${USER}/`, addressBooks: `/${USER}/` }
    const end = () => radicale[Symbol.asyncDispose]()
    const first = { url: radicale.url, user: USER, ...places, [Symbol.asyncDispose]: end }
    const home = new PosternHome()
    home.configure(SETTINGS)
    const world = new World(home, await home.start(), first) // commands that start an engine each take long
    const { other } = world
    await other.makeCalendar(`/${USER}/work/`, 'Work', ['VEVENT'])
    await other.makeCalendar(`/${USER}/todo/`, 'To do', ['VTODO'])
    await other.makeAddressBook(`/${USER}/people/`, 'People')
    for (const name of ['one', 'two', 'three']) await other.put(`/${USER}/work/${name}.ics`, event(name, name))
    await other.put(`/${USER}/todo/milk.ics`, todo('milk', 'milk'))
    await other.put(`/${USER}/people/alan.vcf`, contact('alan', 'Alan'))
    await other.makeAddressBook(`/${USER}/club/`, 'Club')
    await other.put(`/${USER}/club/zoe.vcf`, contact('zoe', 'Zoe'))
    const dav = ['--dav', world.first.url.href, '--user', USER]
    const add = ['profile', 'add', 'work', '--groupware-only', '--email', EMAIL, ...dav]
    await home.json([...add, '--password-stdin'], RADICALE_PASSWORD)
    await home.json(['sync'])
    await world.unbind()
    return world
  }

  get other(): OtherClient {
    return new OtherClient(this.first.url, this.first.user, this.first.password)
  }

  unbind(): Promise<unknown> {
    return this.home.json(['profile', 'unbind', 'work', '--yes'])
  }

  bind({ url, user, password }: RunningDav, ...more: readonly string[]): Promise<unknown> {
    const dav = ['--groupware-only', '--dav', url.href, '--user', user]
    return this.home.json(['profile', 'bind', 'work', ...dav, '--password-stdin', ...more], password)
  }

  async list(folder: string): Promise<readonly Listed[]> {
    return (await this.home.json(['item', 'list', folder])) as readonly Listed[]
  }

  async idOf(folder: string, subject: string): Promise<string> {
    return (await this.list(folder)).find(each => each.subject === subject)?.id ?? ''
  }

  async add(folder: string, text: string): Promise<void> {
    const file = join(this.home.dir, 'entry')
    writeFileSync(file, text)
    await this.home.json(['item', 'add', folder, file])
  }

  /** What is here, by folder; what holds nothing is left away. */
  async here(): Promise<Contents> {
    const folders = (await this.home.json(['folder', 'list'])) as readonly { path: string }[]
    const lists = await Promise.all(folders.map(async ({ path }) => [path, await this.list(path)] as const))
    return sorted(lists.map(([path, list]) => [path, list.map(({ subject }) => subject)]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]()
    await this.first[Symbol.asyncDispose]()
  }
}

/** What an account has, as another program would find it. */
async function there({ url, user, password }: RunningDav): Promise<Contents> {
  await using dav = connectTestDav(url, davOptions(user, password))
  const found: [string, string[]][] = []
  for (const listed of (await dav.list()).collections) {
    const remote = dav.open(listed)
    const { members } = await remote.changes(undefined)
    const objects = await Array.fromAsync(remote.read(members.map(({ href }) => href)))
    found.push([listed.name, objects.map(({ octets }) => /(?:SUMMARY|FN):(.*)\r/.exec(`${octets}`)?.[1] ?? '')])
  }
  return sorted(found)
}

function sorted(all: readonly (readonly [string, readonly string[]])[]): Contents {
  const some = all.filter(([, names]) => names.length > 0).map(([path, names]) => [path, names.toSorted()] as const)
  return Object.fromEntries(some.toSorted(([one], [other]) => one.localeCompare(other)))
}

const skip = radicaleMissing() ?? false

t.test('unbound, changed, and bound to another account, both have everything once', { skip }, async t => {
  await using world = await World.open()
  const { home, first } = world
  let here: Contents = { Club: ['Zoe'], People: ['Alan'], 'To do': ['milk'], Work: ['one', 'three', 'two'] }
  t.match(await home.json(['item', 'show', await world.idOf('Work', 'one')]), { folder: 'Work', subject: 'one' })

  for (const { name, missing, start } of DAV_SERVERS.filter(each => !each.name.includes('TLS'))) {
    await t.test(`of ${name}`, { skip: missing() ?? false }, async t => {
      await using server = await start(t.testdir())
      await world.add('Work', event(`mine ${name}`, `mine ${name}`))
      if (name === 'Radicale') await home.json(['item', 'delete', await world.idOf('Work', 'three')])
      const other = new OtherClient(server.url, server.user, server.password)
      const place = `${server.calendars}work/`
      await other.makeCalendar(place, 'Work')
      await other.put(`${place}1.ics`, event('one', 'one'))
      await other.put(`${place}2.ics`, event('two', `two ${name}`))
      await other.put(`${place}4.ics`, event(`four ${name}`, `four ${name}`))
      const before = await there(server)
      const local = Object.values(await world.here()).flat().length
      const entries = { local, account: 3, same: 1, differing: 1, upload: local - 2, download: 1, deleted: 0 }
      const dry = (await world.bind(server, '--dry-run')) as { entries: { newCollections: readonly string[] } }
      t.match(dry, { dryRun: true, counts: null, imap: null, dav: server.url.href, entries })
      for (const each of ['To do', 'Club', 'People']) t.ok(dry.entries.newCollections.includes(each), each)
      t.same(await there(server), before, 'nothing was changed there')

      t.match(await world.bind(server, '--keep', '--yes'), { initial: 'keep', entries, sync: { errors: [] } })
      const stay = (here.Work ?? []).filter(each => each !== 'three' && !each.startsWith('two'))
      here = { ...here, Work: [...stay, `mine ${name}`, `two ${name}`, `four ${name}`].toSorted() }
      t.same(await there(server), here)
      t.same(await world.here(), here)
      const kept = (await home.json(['conflict', 'list'])) as readonly { id: string }[]
      t.match(kept, [{ side: 'local', subject: /^two/ }])
      await home.json(['conflict', 'discard', ...kept.map(({ id }) => id), '--yes'])
      t.match(await home.json(['sync']), { downloaded: 0, uploaded: 0, conflicts: 0, errors: [] })

      // The same account once more, with a change that waits: nothing else is to be done.
      await world.unbind()
      await world.add('People', contact(`Mary ${name}`, `Mary ${name}`))
      here = { ...here, People: [...(here.People ?? []), `Mary ${name}`].toSorted() }
      t.match(await world.bind(server, '--keep', '--yes'), {
        entries: { same: local + 1, differing: 0, upload: 1, download: 0, newCollections: { length: 0 } },
        sync: { errors: [] },
      })
      t.same(await there(server), here)
      await world.unbind()
    })
  }

  // The account of before, under another name of its host while a change waits.
  await world.add('Work', event('last', 'last'))
  const renamed = { ...first, url: new URL(`http://localhost:${first.url.port}/`) }
  t.match(await world.bind(first, '--keep', '--yes'), { sync: { errors: [] } })
  here = await world.here()
  t.same(await there(first), here)
  await world.unbind()
  await world.add('Work', event('waits', 'waits'))
  t.match(await world.bind(renamed, '--keep', '--yes'), { sync: { downloaded: 0, conflicts: 0, errors: [] } })
  here = { ...here, Work: [...(here.Work ?? []), 'waits'].toSorted() }
  t.same(await there(first), here)
  // `profile set` goes the same way.
  await home.json(['profile', 'set', 'work', 'dav', first.url.href])
  t.match(await home.json(['sync']), { downloaded: 0, conflicts: 0, errors: [] })
  t.same([await there(first), await world.here()], [here, here])

  // Begun anew, and brought back.
  const second = { ...first, user: OTHER }
  await world.unbind()
  const bound = (await world.bind(second, '--delete', '--yes', '--confirm', 'work')) as { copy: { dir: string } }
  t.same([await world.here(), await there(second)], [{}, {}])
  await home.json(['store', 'restore', bound.copy.dir, '--yes'])
  t.match(await home.json(['sync']), { errors: [] })
  t.same([await world.here(), await there(second)], [here, here])

  // Killed at any time while they are joined.
  const third = { ...first, user: THIRD }
  const other = new OtherClient(first.url, THIRD, RADICALE_PASSWORD)
  await other.makeCalendar(`/${THIRD}/work/`, 'Work')
  await other.put(`/${THIRD}/work/x.ics`, event('one', 'one'))
  await other.put(`/${THIRD}/work/y.ics`, event('five', 'five'))
  await world.unbind()
  await world.bind(third, '--keep', '--yes', '--no-sync')
  let kills = 0
  for (const waitMs of [50, 150]) {
    const run = home.runHere(['sync'])
    await new Promise(resolve => setTimeout(resolve, waitMs)) // where it is by then is left to chance
    if (home.killEngine(world.daemon.child)) kills++
    await run
  }
  t.ok(kills > 0, `${kills} engines were killed`)
  t.match(await home.json(['sync']), { errors: [] })
  t.match(await home.json(['sync']), { downloaded: 0, uploaded: 0, conflicts: 0, errors: [] })
  here = { ...here, Work: [...(here.Work ?? []), 'five'].toSorted() }
  t.same([await there(third), await world.here()], [here, here])
})

t.test('beside mail, both are counted and joined', { skip: dovecotMissing() ?? skip }, async t => {
  await using dovecot = await startDovecot({ users: [EMAIL] })
  // One password for both: the profile has one.
  await using radicale = await startRadicale({ users: [EMAIL], password: DOVECOT_PASSWORD })
  await using home = new PosternHome()
  home.configure(SETTINGS)
  await home.start()
  const servers = ['--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--dav', radicale.url.href]
  const bind = (...more: readonly string[]) =>
    home.json(['profile', 'bind', 'work', ...servers, '--password-stdin', ...more], DOVECOT_PASSWORD)
  const place = `/${encodeURIComponent(EMAIL)}/work/`
  await new OtherClient(radicale.url, EMAIL, DOVECOT_PASSWORD).makeCalendar(place, 'Work')
  await home.json(['profile', 'add', 'work', '--email', EMAIL, '--local'])
  await using closed = await startRadicale({ users: [EMAIL], password: 'another one' })
  const elsewhere = ['profile', 'bind', 'work', ...servers.slice(0, 2), '--dav', closed.url.href, '--keep', '--yes']
  t.match((await home.runHere([...elsewhere, '--json'], DOVECOT_PASSWORD)).json(), {
    error: { code: 'UPSTREAM_SIGN_IN_REFUSED' },
  })
  t.match(await home.json(['status']), { profiles: [{ state: 'unbound' }] }, 'it is bound to both, or to none')
  const counts = { local: 0, account: 0, upload: 0 }
  t.match(await bind('--keep', '--yes'), { counts, entries: { ...counts, newCollections: [] }, sync: { errors: [] } })
  await home.json(['profile', 'unbind', 'work', '--yes'])

  const add = async (folder: string, text: string) => {
    writeFileSync(join(home.dir, 'entry'), text)
    await home.json(['item', 'add', folder, join(home.dir, 'entry')])
  }
  await add('INBOX', 'Message-ID: <1@x>\r\nSubject: one\r\n\r\none\r\n')
  await add('Work', event('one', 'one'))
  await add('Work', event('two', 'two'))
  t.match((await home.runHere(['profile', 'bind', 'work', ...servers, '--json'], DOVECOT_PASSWORD)).json(), {
    error: { code: 'CLI_USAGE', message: /^1 messages and 2 entries of calendars and address books are here/ },
  })
  t.match(await bind('--dry-run'), { counts: { local: 1, upload: 1 }, entries: { local: 2, upload: 2 } })
  t.match(await bind('--keep', '--yes'), { sync: { errors: [] } })
  t.match(await home.json(['sync']), { uploaded: 0, downloaded: 0, errors: [] })
  await home.json(['profile', 'unbind', 'work', '--yes'])
  await home.json(['item', 'add', 'Work', join(home.dir, 'entry')])
  const unsure = await home.runHere(['profile', 'bind', 'work', ...servers, '--dry-run'], DOVECOT_PASSWORD)
  t.match(unsure.stdout, /1 are the same[\s\S]*2 are the same\n {2}0 would be uploaded, 0 downloaded/)
})
