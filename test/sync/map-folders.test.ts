import t from 'tap'
import { mapFolders } from '../../src/sync/merge/map-folders.ts'
import type { FolderRole, RemoteFolder } from '../../src/sync/remote.ts'

const local = (paths: readonly string[], delimiter = '/', roles: Readonly<Record<string, string>> = {}) =>
  paths.map((path, index) => ({ id: index + 1, path, delimiter, role: roles[path], isSelectable: true }))

const listed = (paths: readonly string[], delimiter = '/', roles: Readonly<Record<string, FolderRole>> = {}) =>
  paths.map(
    (path): RemoteFolder => ({
      ...{ path, delimiter, selectable: true, subscribed: true, rights: undefined, status: undefined },
      role: roles[path],
    }),
  )

/** What becomes of each name: `+` before one that is to be made. */
function names(from: ReturnType<typeof local>, to: readonly RemoteFolder[]): Record<string, string> {
  const paths = new Map(from.map(({ id, path }) => [id, path]))
  return Object.fromEntries(
    mapFolders(from, to).map(({ id, path, isNew }) => [paths.get(id) ?? '', `${isNew ? '+' : ''}${path}`]),
  )
}

t.test('a folder of the same name is the same folder; the others are made', async t => {
  t.same(names(local(['INBOX', 'Work/2026', 'Mine']), listed(['INBOX', 'Work', 'Work/2026', 'Theirs'])), {
    INBOX: 'INBOX',
    'Work/2026': 'Work/2026',
    Mine: '+Mine',
  })
})

t.test('names are spelled as the account spells them', async t => {
  const below = listed(['INBOX', 'INBOX.Sent', 'INBOX.Work.2026'], '.')
  t.same(names(local(['INBOX', 'Sent', 'Work/2026', 'a.b/c']), below), {
    INBOX: 'INBOX',
    Sent: 'INBOX.Sent',
    'Work/2026': 'INBOX.Work.2026',
    'a.b/c': '+INBOX.a_b.c',
  })
  t.same(names(local(['INBOX', 'INBOX.Sent', 'INBOX.New'], '.'), listed(['INBOX', 'Sent'])), {
    INBOX: 'INBOX',
    'INBOX.Sent': 'Sent',
    'INBOX.New': '+New',
  })
})

t.test('a folder of the same use is the same, whatever it is called; never two are one', async t => {
  const there = listed(['INBOX', 'Gesendet', 'Sent'], '/', { Gesendet: 'sent' })
  t.same(names(local(['INBOX', 'Sent Items'], '/', { 'Sent Items': 'sent' }), there), {
    INBOX: 'INBOX',
    'Sent Items': 'Gesendet',
  })
  t.same(names(local(['INBOX', 'Sent', 'INBOX/Sent']), listed(['INBOX', 'Sent'])), {
    INBOX: 'INBOX',
    Sent: 'Sent',
    'INBOX/Sent': '+Sent 2',
  })
})

t.test('what only holds other folders there, and mail here, is made one for mail', async t => {
  const [inbox, parent] = listed(['INBOX', 'Parent'])
  if (!inbox || !parent) throw new Error('two were listed')
  const there = [inbox, { ...parent, selectable: false }]
  t.same(names(local(['INBOX', 'Parent']), there), { INBOX: 'INBOX', Parent: '+Parent' })
})

t.test('what only holds other folders is not made', async t => {
  const folders = local(['INBOX', 'Parent', 'Parent/child'])
  const bare = folders.map(folder => ({ ...folder, isSelectable: folder.path !== 'Parent' }))
  t.same(names(bare, listed(['INBOX'])), { INBOX: 'INBOX', 'Parent/child': '+Parent/child' })
})
