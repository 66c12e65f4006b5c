import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { connectTestDav, contact, davOptions, event, OtherClient, todo } from '../support/dav.ts'
import { DAV_SERVERS, type RunningDav } from '../support/dav-servers.ts'
import { type Daemon, PosternHome } from '../support/postern.ts'
import { RADICALE_PASSWORD, radicaleMissing, startRadicale } from '../support/radicale.ts'

interface Listed {
  readonly id: string
  readonly subject: string
}

const USER = 'ada'
const OTHER = 'grace' // an account of its own on the same server
const SERVERS = DAV_SERVERS.filter(each => !each.name.includes('TLS'))

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
    const radicale = await startRadicale({ users: [USER, OTHER] })
    const places = { password: RADICALE_PASSWORD, calendars: `/${USER}/`, addressBooks: `/${USER}/` }
    const end = () => radicale[Symbol.asyncDispose]()
    const first = { url: radicale.url, user: USER, ...places, [Symbol.asyncDispose]: end }
    const home = new PosternHome()
    home.configure('fronts:\n  pop3: { port: 0 }\n  smtp: { port: 0 }\n  imap: { port: 0 }\nsecrets: { store: file }\n')
    const world = new World(home, await home.start(), first) // commands that start an engine each take long
    const { other } = world
    await other.makeCalendar(`/${USER}/work/`, 'Work', ['VEVENT'])
    await other.makeCalendar(`/${USER}/todo/`, 'To do', ['VTODO'])
    await other.makeAddressBook(`/${USER}/people/`, 'People')
    for (const name of ['one', 'two', 'three']) await other.put(`/${USER}/work/${name}.ics`, event(name, name))
    await other.put(`/${USER}/todo/milk.ics`, todo('milk', 'milk'))
    await other.put(`/${USER}/people/alan.vcf`, contact('alan', 'Alan'))
    const dav = ['--dav', world.first.url.href, '--user', USER]
    const add = ['profile', 'add', 'work', '--groupware-only', '--email', 'ada@example.test', ...dav]
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

for (const { name, missing, start } of SERVERS) {
  const skip = radicaleMissing() ?? missing() ?? false
  t.test(`unbound, changed, and bound to an account of ${name}, both have everything once`, { skip }, async t => {
    await using world = await World.open()
    await using server = await start(t.testdir())
    const { home } = world
    t.match(await home.json(['item', 'show', await world.idOf('Work', 'one')]), { folder: 'Work', subject: 'one' })
    await world.add('Work', event('mine', 'mine'))
    await world.add('Work', event('two', 'Two'))
    await home.json(['item', 'delete', await world.idOf('Work', 'three')])
    t.same(await world.here(), { People: ['Alan'], 'To do': ['milk'], Work: ['Two', 'mine', 'one'] })

    const other = new OtherClient(server.url, server.user, server.password)
    const place = `${server.calendars}work/`
    await other.makeCalendar(place, 'Work')
    await other.put(`${place}1.ics`, event('one', 'one'))
    await other.put(`${place}2.ics`, event('two', 'two there'))
    await other.put(`${place}4.ics`, event('four', 'four'))
    const before = await there(server)
    const entries = { local: 5, account: 3, same: 1, differing: 1, upload: 3, download: 1, deleted: 0 }
    t.match(await world.bind(server, '--dry-run'), {
      ...{ dryRun: true, counts: null, imap: null, dav: server.url.href },
      entries: { ...entries, newCollections: { length: 2 } },
    })
    t.same(await there(server), before, 'nothing was changed there')

    const all = { People: ['Alan'], 'To do': ['milk'], Work: ['four', 'mine', 'one', 'two there'] }
    t.match(await world.bind(server, '--keep', '--yes'), {
      initial: 'keep',
      entries,
      sync: { errors: [] },
    })
    t.same(await there(server), all)
    t.same(await world.here(), all)
    t.match(await home.json(['conflict', 'list']), [{ side: 'local', subject: 'Two' }])
    t.match(await home.json(['sync']), { downloaded: 0, uploaded: 0, conflicts: 0, errors: [] })

    // The same account once more, with a change that waits: nothing else is to be done.
    await world.unbind()
    await world.add('People', contact('mary', 'Mary'))
    const again = { local: 7, account: 6, same: 6, differing: 0, upload: 1, download: 0, newCollections: { length: 0 } }
    t.match(await world.bind(server, '--keep', '--yes'), { entries: again, sync: { errors: [] } })
    t.same(await there(server), { ...all, People: ['Alan', 'Mary'] })
  })
}

const skip = radicaleMissing() ?? false

t.test(
  'the same server by another name, while changes wait; and what was here begun anew, and brought back',
  { skip },
  async t => {
    await using world = await World.open()
    const { home, first } = world
    const renamed = { ...first, url: new URL(`http://localhost:${first.url.port}/`) }
    await world.add('Work', event('mine', 'mine'))
    const all = { People: ['Alan'], 'To do': ['milk'], Work: ['mine', 'one', 'three', 'two'] }
    t.match(await world.bind(renamed, '--keep', '--yes'), {
      sync: { downloaded: 0, conflicts: 0, errors: [] },
    })
    t.same(await there(first), all)
    t.same(await world.here(), all)

    // `profile set` goes the same way.
    await home.json(['profile', 'set', 'work', 'dav', first.url.href])
    t.match(await home.json(['sync']), { downloaded: 0, conflicts: 0, errors: [] })
    t.same(await there(first), all)

    const second = { ...first, user: OTHER, calendars: `/${OTHER}/`, addressBooks: `/${OTHER}/` }
    await world.unbind()
    const bound = (await world.bind(second, '--delete', '--yes', '--confirm', 'work')) as { copy: { dir: string } }
    t.same([await world.here(), await there(second)], [{}, {}])
    await home.json(['store', 'restore', bound.copy.dir, '--yes'])
    t.match(await home.json(['sync']), { errors: [] })
    t.same(await world.here(), all)
    t.same(await there(second), all)
  },
)

t.test('killed at any time while they are joined, both have everything once in the end', { skip }, async t => {
  await using world = await World.open()
  const { home, first } = world
  await home.killTree(world.daemon.child)
  const second = { ...first, user: OTHER, calendars: `/${OTHER}/`, addressBooks: `/${OTHER}/` }
  const other = new OtherClient(first.url, OTHER, RADICALE_PASSWORD)
  await other.makeCalendar(`/${OTHER}/work/`, 'Work')
  await other.put(`/${OTHER}/work/x.ics`, event('two', 'two'))
  await other.put(`/${OTHER}/work/y.ics`, event('four', 'four'))
  for (let count = 0; count < 20; count++) await world.add('Work', event(`mine${count}`, `mine${count}`))
  const mine = (await world.here()).Work ?? []
  await world.bind(second, '--keep', '--yes', '--no-sync')
  let kills = 0
  for (let waitMs = 0; waitMs < 300; waitMs += 60) {
    const daemon = await home.start()
    await new Promise(resolve => setTimeout(resolve, waitMs)) // where it is by then is left to chance
    if (home.killEngine(daemon.child)) kills++
    await home.killTree(daemon.child)
  }
  t.ok(kills > 0, `${kills} engines were killed`)
  for (let run = 0; run < 2; run++) t.match(await home.json(['sync']), { conflicts: 0, errors: [] })
  const all = { People: ['Alan'], 'To do': ['milk'], Work: [...mine, 'four'].toSorted() }
  t.same(await there(second), all)
  t.same(await world.here(), all)
})
