import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { contact, event, OtherClient } from '../support/dav.ts'
import { PosternHome } from '../support/postern.ts'
import { RADICALE_PASSWORD, type Radicale, radicaleMissing, startRadicale } from '../support/radicale.ts'
import { until } from '../support/until.ts'

const USER = 'ada'
const EMAIL = 'ada@example.test'
const skip = radicaleMissing() ?? false
const run = promisify(execFile)

interface Listed {
  readonly id: string
  readonly subject: string
  readonly from: string | null
  readonly date: string | null
  readonly kind: string
  readonly entry: string
  readonly state: string
}

interface World {
  readonly home: PosternHome
  readonly other: OtherClient
  list(folder: string): Promise<readonly Listed[]>
  file(name: string, text: string): string
}

/** An account with a calendar, a list of tasks and an address book, and a profile of it that was never synchronized. */
async function makeWorld(radicale: Radicale): Promise<World> {
  const home = new PosternHome()
  home.configure()
  const other = new OtherClient(radicale.url, USER, RADICALE_PASSWORD)
  await other.makeCalendar(`/${USER}/work/`, 'Work', ['VEVENT'])
  await other.makeCalendar(`/${USER}/todo/`, 'To do', ['VTODO'])
  await other.makeAddressBook(`/${USER}/people/`, 'People')
  await other.put(`/${USER}/work/first.ics`, event('first', 'Meeting\\, with cake'))
  await other.put(`/${USER}/people/grace.vcf`, contact('grace', 'Grace Hopper'))
  const dav = ['--dav', radicale.url.href, '--user', USER]
  const add = ['profile', 'add', 'work', '--groupware-only', '--email', EMAIL, ...dav, '--password-stdin']
  await home.json(add, RADICALE_PASSWORD)
  const file = (name: string, text: string) => {
    writeFileSync(join(home.dir, name), text)
    return join(home.dir, name)
  }
  return { home, other, file, list: async folder => (await home.json(['item', 'list', folder])) as Listed[] }
}

t.test('calendars and contacts come, go and change on both sides', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER] })
  const { home, other, list, file } = await makeWorld(radicale)
  await using _home = home
  t.match(await home.json(['profile', 'test', 'work']), {
    tests: [{ connection: 'dav', ok: true, says: 'signed in, 2 calendars, 1 address books' }],
  })
  t.match(await home.json(['sync']), { downloaded: 2, imported: 2, errors: { length: 0 } })
  t.match(await home.json(['folder', 'list']), [
    { path: 'People', kind: 'contacts', items: 1, unread: 0, class: 'standard', state: 'ok', readOnly: false },
    { path: 'To do', kind: 'tasks', items: 0 },
    { path: 'Work', kind: 'calendar', items: 1 },
  ])
  t.match(await list('Work'), [
    { subject: 'Meeting, with cake', date: '2026-02-01T10:00:00Z', kind: 'event', entry: 'first', state: 'full' },
  ])
  t.match(await list('People'), [{ subject: 'Grace Hopper', kind: 'contact', date: null }])
  t.match((await home.runHere(['folder', 'list'])).stdout, /^Work +calendar +1 +0 +0 +standard +ok$/m)
  t.match((await home.runHere(['item', 'list', 'Work'])).stdout, /^1-o\d+ +2026-02-01 10:00 +- +Meeting, with cake/m)
  const [first] = await list('Work')
  t.equal(
    (await home.runHere(['item', 'export', `${first?.id}`])).stdout,
    (await other.get(`/${USER}/work/first.ics`)).text,
  )

  const added = (await home.json(['item', 'add', 'Work', file('new.ics', event('new', 'Added here'))])) as {
    id: string
  }
  await home.json(['item', 'add', 'People', file('alan.vcf', contact('alan', 'Alan Turing'))])
  await other.put(`/${USER}/work/third.ics`, event('third', 'Added there'))
  await other.put(`/${USER}/work/first.ics`, event('first', 'Renamed there'))
  t.match(await home.json(['sync']), { downloaded: 2, uploaded: 2, errors: { length: 0 } })
  t.same((await list('Work')).map(({ subject }) => subject).toSorted(), ['Added here', 'Added there', 'Renamed there'])
  const there = (await other.get(pathOf(radicale, 'work', 'UID:new'))).text
  t.match(there, /SUMMARY:Added here/)
  t.match((await other.get(pathOf(radicale, 'people', 'UID:alan'))).text, /FN:Alan Turing/)

  const out = join(home.dir, 'out')
  t.match(await home.json(['item', 'export', '--folder', 'Work', '--out', out]), { messages: 3 })
  t.equal(readdirSync(out).filter(name => name.endsWith('.ics')).length, 3)
  t.match(await home.json(['item', 'show', added.id]), { folder: 'Work', subject: 'Added here', error: null })

  await home.json(['item', 'delete', added.id])
  await other.delete(`/${USER}/work/third.ics`)
  await home.json(['sync'])
  t.same(
    (await list('Work')).map(({ subject }) => subject),
    ['Renamed there'],
  )
  t.throws(() => pathOf(radicale, 'work', 'UID:new'), 'it is gone there')
  t.match(await home.json(['item', 'list', '--deleted']), [
    { id: added.id, folder: 'Work', subject: 'Added here', deletedBy: 'local', state: 'deleted' },
    { folder: 'Work', subject: 'Added there', deletedBy: 'server' },
  ])
  await home.json(['item', 'restore', added.id])
  t.match(await home.json(['sync']), { uploaded: 1, errors: { length: 0 } })
  t.match((await other.get(pathOf(radicale, 'work', 'UID:new'))).text, /SUMMARY:Added here/)
  t.ok(
    (await list('Work')).some(({ id }) => id === added.id),
    'under the id that it had',
  )
})

t.test('one account with two sides', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER] })
  const { home, other, list, file } = await makeWorld(radicale)
  await using _home = home
  await home.json(['sync'])

  await t.test('what was changed on both sides is settled, and the version that lost is kept', async t => {
    const [before] = await list('Work')
    const changed = await home.json(['item', 'add', 'Work', file('mine.ics', event('first', 'My version'))])
    t.match(changed, { id: before?.id }, 'a file with its UID is its new version')
    await other.put(`/${USER}/work/first.ics`, event('first', 'Their version'))
    t.match(await home.json(['sync']), { conflicts: 1, errors: { length: 0 } })
    t.match(await list('Work'), [{ id: before?.id, subject: 'Their version', state: 'full' }])
    const conflicts = (await home.json(['conflict', 'list'])) as { id: string }[]
    t.match(conflicts, [{ item: before?.id, side: 'local', folder: 'Work', subject: 'My version', seen: false }])
    const [{ id } = { id: '' }] = conflicts
    t.match(await home.json(['conflict', 'show', id]), {
      ...{ reason: 'changed-on-both', why: /^It was changed here, and on the server/, other: { state: 'here' } },
    })
    t.match((await home.runHere(['conflict', 'show', id, '--raw'])).stdout, /SUMMARY:My version/)
    t.match(await home.json(['conflict', 'list']), [{ seen: true }])
    await home.json(['conflict', 'restore', id])
    t.match(await home.json(['sync']), { uploaded: 1, conflicts: 0 })
    t.match((await other.get(`/${USER}/work/first.ics`)).text, /SUMMARY:My version/)
    t.match(await home.json(['conflict', 'list']), { length: 0 })
  })

  await t.test('what is no entry, or of the wrong kind, is refused with what to do', async t => {
    const fails = async (args: readonly string[], code: string) => {
      const failed = await home.runHere([...args, '--json'])
      t.match([failed.code, failed.json()], [1, { error: { code, advice: /\w/ } }], args.slice(0, 3).join(' '))
    }
    await fails(['item', 'add', 'Work', file('a.vcf', contact('x', 'Not an event'))], 'SYNC_WRONG_COMPONENT')
    await fails(['item', 'add', 'People', file('b.ics', event('y', 'Not a contact'))], 'SYNC_WRONG_COMPONENT')
    await fails(['item', 'add', 'Work', file('c.ics', 'hello')], 'SYNC_NOT_AN_OBJECT')
    await fails(['item', 'add', 'Work', file('d.ics', event('z', 'x').replace('UID:z\r\n', ''))], 'SYNC_NOT_AN_OBJECT')
    await fails(['folder', 'delete', 'Work'], 'STORE_FOLDER_REFUSED')
    const [{ id } = { id: '' }] = await list('Work')
    await fails(['item', 'flag', id, '+\\Seen'], 'STORE_FOLDER_OTHER_KIND')
    await fails(['item', 'move', 'People', id], 'STORE_FOLDER_OTHER_KIND')
    t.equal((await list('Work')).length, 1)
  })

  await t.test(
    'a change that the server refuses is told, stands aside, and is tried again when a person wants that',
    async t => {
      const bad = event('bad', 'Ends before it begins').replace('DTSTART:20260201T100000Z\r\n', '')
      await home.json(['item', 'add', 'Work', file('bad.ics', bad)])
      await home.json(['item', 'add', 'Work', file('good.ics', event('good', 'Goes on'))])
      const refused = await home.runHere(['sync', '--json'])
      t.match(
        [refused.code, refused.json()],
        [1, { uploaded: 1, errors: [{ folder: 'Work', code: 'UPSTREAM_REFUSED' }] }],
      )
      const shown = (await list('Work')).find(({ entry }) => entry === 'bad')
      t.match(shown, { state: 'changed', blocked: true })
      t.match(await home.json(['item', 'show', `${shown?.id}`]), { error: /refused/ })
      t.match(await home.json(['sync']), { errors: { length: 0 } }, 'not tried again at once')
      t.match(await home.json(['folder', 'list']), [
        { path: 'People' },
        { path: 'To do' },
        { path: 'Work', ignored: 0 },
      ])
      await home.json(['item', 'add', 'Work', file('bad.ics', event('bad', 'Mended'))])
      t.match(await home.json(['sync']), { uploaded: 1, errors: { length: 0 } })
      t.match(
        (await list('Work')).find(({ entry }) => entry === 'bad'),
        { state: 'full', blocked: false },
      )
    },
  )
})

t.test('calendars appear, are renamed and vanish; one that is held stops no other', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER] })
  const { home, other, list } = await makeWorld(radicale)
  await using _home = home
  await home.json(['sync'])
  await other.makeCalendar(`/${USER}/many/`, 'Many')
  for (let each = 0; each < 60; each++)
    await other.put(`/${USER}/many/${each}.ics`, event(`many-${each}`, `Day ${each}`))
  await other.makeCalendar(`/${USER}/second/`, 'Work')
  t.match(await home.json(['sync', '--structure']), { downloaded: 0 })
  t.match(await home.json(['folder', 'list']), [
    ...[{ path: 'Many' }, { path: 'People' }, { path: 'To do' }, { path: 'Work' }],
    { path: 'Work (calendar)', kind: 'calendar' },
  ])
  t.match(await home.json(['sync', 'Many']), { downloaded: 60 })
  for (let each = 0; each < 55; each++) await other.delete(`/${USER}/many/${each}.ics`)
  await other.put(`/${USER}/work/later.ics`, event('later', 'Goes on'))
  const held = await home.runHere(['sync', '--json'])
  t.match([held.code, held.json()], [1, { errors: [{ folder: 'Many', code: 'SYNC_MASS_DELETION' }] }])
  t.equal((await list('Many')).length, 60)
  t.ok((await list('Work')).some(({ subject }) => subject === 'Goes on'))
  await home.json(['folder', 'resume', 'Many', '--accept'])
  t.match(await home.json(['sync']), { errors: { length: 0 } })
  t.equal((await list('Many')).length, 5)
  await other.delete(`/${USER}/todo/`)
  await other.send('PROPPATCH', `/${USER}/work/`, rename('Office'))
  t.match(await home.json(['sync']), { errors: { length: 0 } })
  const folders = (await home.json(['folder', 'list'])) as { path: string }[]
  t.same(
    folders.map(({ path }) => path),
    ['Many', 'Office', 'People', 'Work (calendar)'],
  )
})

t.test('where another person lets us read alone, nothing is changed', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER, 'bob'] })
  const bob = new OtherClient(radicale.url, 'bob', RADICALE_PASSWORD)
  await bob.makeCalendar('/bob/shared-team/', 'Team')
  await bob.put('/bob/shared-team/1.ics', event('1', 'All hands'))
  const { home, list, file } = await makeWorld(radicale)
  await using _home = home
  await home.json(['profile', 'set', 'work', 'dav', new URL('/bob/shared-team/', radicale.url).href])
  await home.json(['sync'])
  const folders = (await home.json(['folder', 'list'])) as { path: string; readOnly: boolean }[]
  t.match(
    folders.find(({ path }) => path === 'Team'),
    { kind: 'calendar', items: 1, readOnly: true },
  )
  t.match(
    folders.find(({ path }) => path === 'Work'),
    { readOnly: false },
    'beside what is our own',
  )
  const add = await home.runHere(['item', 'add', 'Team', file('x.ics', event('x', 'x')), '--json'])
  t.match(add.json(), { error: { code: 'SYNC_READ_ONLY' } })
  const [all] = await list('Team')
  t.match((await home.runHere(['item', 'delete', `${all?.id}`, '--json'])).json(), {
    error: { code: 'SYNC_READ_ONLY' },
  })
  await bob.put('/bob/shared-team/1.ics', event('1', 'All hands, later'.replace(',', '\\,')))
  await home.json(['sync', 'Team'])
  t.match(await list('Team'), [{ subject: 'All hands, later' }])
})

t.test('the fronts say that there is no mail here', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER] })
  const { home, other, list, file } = await makeWorld(radicale)
  await using _home = home
  const daemon = await home.start()
  await until('the first run', async () => ((await status(home)).lastSync ? true : undefined))
  t.match(await status(home), { mailIn: 'outlook', state: 'ok', folders: 3, items: 2, lastError: null })
  t.match(
    (await home.run(['status'])).stdout,
    /work: calendars and contacts only; mail is with an account of Outlook’s own/,
  )
  const outlook = (await home.json(['profile', 'outlook', 'work'])) as Outlook
  t.match((await home.run(['profile', 'outlook', 'work'])).stdout, /Nothing is to be typed into Outlook for mail/)

  const prf = await home.run(['profile', 'outlook', 'work', '--prf', join(home.dir, 'work.prf'), '--json'])
  t.match(
    [prf.code, prf.json()],
    [1, { error: { code: 'PROFILE_MAIL_ELSEWHERE' } }],
    'no account without mail is set up',
  )

  const url = `pop3://127.0.0.1:${outlook.pop3.port}/`
  const curl = await run('curl', ['-s', '-v', '-m', '10', '-u', `${EMAIL}:${outlook.localPassword}`, url])
  t.equal(curl.stdout.trim(), '', 'an empty list')
  t.match(curl.stderr, /\+OK maildrop has 0 messages: the mail of this profile is with another account of Outlook/)
  t.match(
    await talk(outlook.smtp.port, [`EHLO x`, `AUTH PLAIN ${plain(outlook)}`, 'MAIL FROM:<ada@example.test>']),
    /\n554 5\.3\.5 the mail of this profile is sent by an account of Outlook/,
  )
  const imap = await talk(outlook.imap.port, [`a LOGIN ${EMAIL} ${outlook.localPassword}`, 'b LIST "" *', 'c LOGOUT'])
  t.match(imap, /^b OK/m)
  t.notMatch(imap, /Work|People/, 'no calendar is a mailbox')

  await home.json(['item', 'add', 'Work', file('soon.ics', event('soon', 'Told soon'))])
  await until('the change there', async () => {
    try {
      return pathOf(radicale, 'work', 'UID:soon')
    } catch {
      return undefined
    }
  })
  await home.killTree(daemon.child)
  await other.put(`/${USER}/work/night.ics`, event('night', 'While nobody ran'))
  await home.json(['sync'])
  t.same((await list('Work')).map(({ subject }) => subject).toSorted(), [
    'Meeting, with cake',
    'Told soon',
    'While nobody ran',
  ])
})

t.test('a refused password is tried three times, and then no more', { skip }, async t => {
  await using radicale = await startRadicale({ users: [USER] })
  const { home } = await makeWorld(radicale)
  await using _home = home
  await home.json(['profile', 'password', 'work', '--password-stdin'], 'wrong')
  const codes: string[] = []
  for (let each = 0; each < 4; each++) {
    const failed = (await home.runHere(['sync', '--json'])).json() as { error: { code: string } }
    codes.push(failed.error.code)
  }
  t.same(codes, [...Array(2).fill('UPSTREAM_SIGN_IN_REFUSED'), ...Array(2).fill('PROFILE_SIGN_IN_STOPPED')])
  const log = readFileSync(join(radicale.dir, 'log'), 'utf8')
  t.equal(log.match(/Failed login attempt/g)?.length, 3)
  await home.json(['profile', 'password', 'work', '--password-stdin'], RADICALE_PASSWORD)
  t.match(await home.json(['sync']), { downloaded: 2 })
})

interface Outlook {
  readonly localPassword: string
  readonly pop3: { readonly port: number }
  readonly smtp: { readonly port: number }
  readonly imap: { readonly port: number }
}

interface Status {
  readonly mailIn: string
  readonly lastSync: string | null
}

async function status(home: PosternHome): Promise<Status> {
  const { profiles } = (await home.json(['status'])) as { profiles: Status[] }
  const [profile] = profiles
  if (!profile) throw new Error('no profile')
  return profile
}

/** Where the server has the object with this line; looked up in its files, which no client of ours has named. */
function pathOf(radicale: Radicale, collection: string, line: string): string {
  const dir = join(radicale.dir, 'data/collection-root', USER, collection)
  const name = readdirSync(dir).find(
    each => !each.startsWith('.') && readFileSync(join(dir, each), 'utf8').includes(line),
  )
  if (name === undefined) throw new Error(`no object with ${line}`)
  return `/${USER}/${collection}/${name}`
}

function rename(name: string): string {
  return `<propertyupdate xmlns="DAV:"><set><prop><displayname>${name}</displayname></prop></set></propertyupdate>`
}

function plain({ localPassword }: Outlook): string {
  return Buffer.from(`\0${EMAIL}\0${localPassword}`).toString('base64')
}

/** Says lines to a front, each after an answer to the one before, and gives all that was answered. */
async function talk(port: number, lines: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8').setTimeout(10_000)
  let answers = ''
  for (const line of lines) {
    await once(socket, 'data').then(([chunk]) => (answers += chunk))
    socket.write(`${line}\r\n`)
  }
  await once(socket, 'data').then(([chunk]) => (answers += chunk))
  socket.destroy()
  return answers
}
