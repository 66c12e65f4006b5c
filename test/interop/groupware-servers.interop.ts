import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { contact, event, OtherClient } from '../support/dav.ts'
import { DAV_SERVERS, type RunningDav } from '../support/dav-servers.ts'
import { PosternHome } from '../support/postern.ts'
import { sampled } from '../support/sample.ts'

interface Listed {
  readonly id: string
  readonly subject: string
}

// Radicale is what groupware-only.interop.ts lives with.
const OTHERS = DAV_SERVERS.filter(each => !each.name.includes('Radicale'))

for (const { name, missing, start } of sampled(OTHERS)) {
  t.test(`a user types the life of an event and a contact, with ${name}`, { skip: missing() ?? false }, async t => {
    await using server = await start(t.testdir())
    const other = new OtherClient(server.url, server.user, server.password)
    const [calendar, book] = [`${server.calendars}work/`, `${server.addressBooks}people/`]
    await other.makeCalendar(calendar, 'Work')
    await other.makeAddressBook(book, 'People')
    await other.put(`${calendar}theirs.ics`, event('theirs', 'Theirs'))
    await using home = await homeWith(server)
    const sync = async (wanted: object) => t.match(await home.json(['sync']), { errors: { length: 0 }, ...wanted })
    const list = async (folder: string) => (await home.json(['item', 'list', folder])) as Listed[]
    const names = async (folder: string) => (await list(folder)).map(({ subject }) => subject).toSorted()
    const add = async (folder: string, file: string, text: string) => {
      writeFileSync(join(home.dir, file), text)
      return (await home.json(['item', 'add', folder, join(home.dir, file)])) as { id: string }
    }

    await sync({ downloaded: 1 })
    const mine = await add('Work', 'mine.ics', event('mine', 'Mine'))
    await add('People', 'ada.vcf', contact('ada', 'Ada Lovelace'))
    await sync({ uploaded: 2 })
    t.same(await names('Work'), ['Mine', 'Theirs'])
    t.same(await names('People'), ['Ada Lovelace'])
    await sync({ downloaded: 0, uploaded: 0 })

    await add('Work', 'theirs.ics', event('theirs', 'Changed here'))
    await other.put(`${calendar}theirs.ics`, event('theirs', 'Changed there'))
    await sync({ conflicts: 1 })
    t.same(await names('Work'), ['Changed there', 'Mine'])
    t.match(await home.json(['conflict', 'list']), [{ side: 'local', subject: 'Changed here' }])

    await home.json(['item', 'delete', mine.id])
    await other.delete(`${calendar}theirs.ics`)
    await sync({})
    t.same(await names('Work'), [])
    await home.json(['item', 'restore', mine.id])
    await sync({ uploaded: 1 })
    t.match(await list('Work'), [{ id: mine.id, subject: 'Mine' }])
    await home.json(['item', 'export', '--folder', 'People', '--out', join(home.dir, 'out')])
    await sync({ downloaded: 0, uploaded: 0, conflicts: 0 })
  })
}

async function homeWith({ url, user, password }: RunningDav): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const dav = ['--dav', url.href, '--user', user]
  const add = ['profile', 'add', 'work', '--groupware-only', '--email', 'ada@example.test', ...dav, '--password-stdin']
  await home.json(add, password)
  return home
}
