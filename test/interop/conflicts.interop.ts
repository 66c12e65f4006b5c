import { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const MESSAGES = 12

interface Item {
  readonly id: string
  readonly uid: number
  readonly messageId: string | null
  readonly flags: readonly string[]
}

interface Conflict {
  readonly id: string
  readonly item: string
  readonly side: string
  readonly reason: string
  readonly folder: string
  readonly flags: readonly string[]
}

for (const resolution of ['server', 'client'] as const) {
  const isServer = resolution === 'server'
  t.test(`two clients at odds, the ${resolution} wins`, { skip: dovecotMissing() ?? false }, async t => {
    const { home, other, sync, items, conflicts, uidsOf } = await account(t, resolution)
    const [flagged, moved, deleted, both, thrown] = await items('INBOX')
    const idOf = (item: Item | undefined) => item?.id ?? ''
    const onServer = async (path: string, item: Item | undefined) => {
      const all = await uidsOf(path)
      return all.filter(({ messageId }) => messageId === item?.messageId)
    }

    await t.test('changed here, deleted there', async t => {
      await home.json(['item', 'flag', idOf(flagged), '+\\Flagged', '+$Mine'])
      await other.mailboxOpen('INBOX')
      await other.messageDelete(String(flagged?.uid), { uid: true })
      t.match(await sync(), { errors: { length: 0 } })
      t.match(
        await sync(),
        { conflicts: isServer ? 1 : 0, errors: { length: 0 } },
        'a cycle later: it was moved nowhere',
      )
      t.match(await sync(), { errors: { length: 0 } })
      const kept = await conflicts()
      if (isServer) {
        t.same((await onServer('INBOX', flagged)).length, 0)
        t.match(kept, [{ item: flagged?.id, side: 'local', reason: 'deleted-on-server', folder: 'INBOX' }])
        t.ok(kept[0]?.flags.includes('$Mine'))
        t.match(await home.json(['status']), { profiles: [{ conflicts: 1 }] })
        t.match(await home.json(['conflict', 'show', kept[0]?.id ?? '']), { other: { state: 'deleted on the server' } })
        const raw = await home.run(['conflict', 'show', kept[0]?.id ?? '', '--raw'])
        t.ok(raw.stdout.includes(flagged?.messageId ?? 'none'), 'its octets')
        await home.json(['conflict', 'restore', kept[0]?.id ?? ''])
        t.match(await sync(), { uploaded: 1, errors: { length: 0 } })
      } else t.same(kept, [])
      const [there, ...more] = await onServer('INBOX', flagged)
      t.ok(there?.flags.has('$Mine') && there.flags.has('\\Flagged'), 'with what was changed here')
      t.same(more, [], 'once')
      t.ok(
        (await items('INBOX')).some(({ id }) => id === flagged?.id),
        'under its id',
      )
      t.same(await conflicts(), [])
    })

    await t.test('moved here, deleted there', async t => {
      await home.json(['item', 'move', idOf(moved), 'Sent'])
      await other.mailboxOpen('INBOX')
      await other.messageDelete(String(moved?.uid), { uid: true })
      for (let cycle = 0; cycle < 4; cycle++) t.match(await sync(), { errors: { length: 0 } })
      const kept = await conflicts()
      t.equal((await onServer('Sent', moved)).length, isServer ? 0 : 1)
      t.match(kept, isServer ? [{ item: moved?.id, side: 'local', folder: 'Sent' }] : [])
      if (!isServer) return
      const unasked = await home.run(['conflict', 'discard', kept[0]?.id ?? '', '--json'])
      t.match(unasked.json(), { error: { code: 'CLI_NOT_CONFIRMED' } })
      t.match(await home.json(['conflict', 'discard', kept[0]?.id ?? '', '--yes']), { changed: 1 })
      t.same(await conflicts(), [])
      const gone = await home.run(['conflict', 'show', kept[0]?.id ?? '', '--json'])
      t.match(gone.json(), { error: { code: 'STORE_NO_SUCH_CONFLICT' } })
    })

    await t.test('deleted here, changed there', async t => {
      await home.json(['item', 'delete', idOf(deleted), '--permanent'])
      await other.mailboxOpen('INBOX')
      await other.messageFlagsAdd(String(deleted?.uid), ['\\Answered'], { uid: true })
      t.match(await sync(), { conflicts: isServer ? 0 : 1, errors: { length: 0 } })
      t.match(await sync(), { conflicts: 0, errors: { length: 0 } })
      t.equal((await onServer('INBOX', deleted)).length, isServer ? 1 : 0)
      const here = (await items('INBOX')).find(({ id }) => id === deleted?.id)
      if (isServer) t.ok(here?.flags.includes('\\Answered'), 'it is back')
      else {
        const [kept] = await conflicts()
        t.match(kept, { item: deleted?.id, side: 'server', reason: 'deleted-here' })
        t.ok(kept?.flags.includes('\\Answered'))
        t.match(await home.json(['conflict', 'restore', kept?.id ?? '']), { items: [deleted?.id] })
        t.match(await sync(), { uploaded: 1, errors: { length: 0 } })
        t.ok((await onServer('INBOX', deleted))[0]?.flags.has('\\Answered'))
      }
      t.same(await conflicts(), [])
    })

    await t.test('moved on both sides', async t => {
      await other.mailboxCreate('Theirs')
      await sync()
      await home.json(['item', 'move', idOf(both), 'Sent'])
      await other.mailboxOpen('INBOX')
      await other.messageMove(String(both?.uid), 'Theirs', { uid: true })
      for (let cycle = 0; cycle < 4; cycle++) t.match(await sync(), { errors: { length: 0 }, conflicts: 0 })
      const [winner, loser] = isServer ? ['Theirs', 'Sent'] : ['Sent', 'Theirs']
      t.equal((await onServer(winner, both)).length, 1, `in ${winner}`)
      t.equal((await onServer(loser, both)).length, 0)
      t.ok(
        (await items(winner)).some(({ id }) => id === both?.id),
        'and here, under its id',
      )
    })

    await t.test('a folder deleted there with changes in it here', async t => {
      await home.json(['item', 'move', idOf(thrown), 'Theirs'])
      t.match(await sync(), { errors: { length: 0 } })
      await home.json(['item', 'flag', idOf(thrown), '+$Kept'])
      await other.mailboxOpen('INBOX')
      await other.mailboxDelete('Theirs')
      for (let cycle = 0; cycle < 4; cycle++) t.match(await sync(), { errors: { length: 0 } })
      const kept = await conflicts()
      t.match(kept, isServer ? [{ item: thrown?.id, side: 'local', folder: 'Theirs', flags: ['\\Seen', '$Kept'] }] : [])
      const isMade = (await other.list()).some(({ path }) => path === 'Theirs')
      t.equal(isMade, !isServer, 'made again where what is here wins')
      if (isServer) {
        await home.json(['conflict', 'restore', kept[0]?.id ?? '', '--folder', 'INBOX'])
        t.match(await sync(), { uploaded: 1, errors: { length: 0 } })
      }
      t.ok((await onServer(isServer ? 'INBOX' : 'Theirs', thrown))[0]?.flags.has('$Kept'))
    })

    await t.test('what was deleted is listed and brought back by the folder', async t => {
      const before = await items('INBOX')
      const doomed = before.slice(-3)
      await home.json(['item', 'delete', ...doomed.slice(1).map(idOf), '--permanent'])
      await other.mailboxOpen('INBOX')
      await other.messageDelete(String(doomed[0]?.uid), { uid: true })
      const listed = (await home.json(['item', 'list', 'INBOX', '--deleted'])) as { id: string; state: string }[]
      t.match(
        doomed.slice(1).map(({ id }) => listed.find(item => item.id === id)),
        [{ state: 'deleting', deletedBy: 'local' }, { state: 'deleting' }],
      )
      for (let cycle = 0; cycle < 2; cycle++) t.match(await sync(), { errors: { length: 0 } })
      const later = (await home.json(['item', 'list', 'INBOX', '--deleted'])) as { id: string; state: string }[]
      t.match(
        doomed.map(({ id }) => later.find(item => item.id === id)),
        [
          { state: 'deleted', deletedBy: 'server' },
          { state: 'deleted', deletedBy: 'local' },
          { state: 'deleted', deletedBy: 'local' },
        ],
      )
      await home.json(['item', 'restore', '--folder', 'INBOX', '--since', '1h'])
      t.match(await sync(), { errors: { length: 0 } })
      const after = await items('INBOX')
      for (const { id } of doomed) t.ok(after.some(item => item.id === id))
      for (const item of doomed) t.equal((await onServer('INBOX', item)).length, 1)
    })
  })
}

async function account(t: Test, resolution: string) {
  const dovecot = await startDovecot({ users: [USER] })
  t.teardown(() => dovecot[Symbol.asyncDispose]())
  generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 9, largeEvery: 0 })
  dovecot.own('ada')
  const home = new PosternHome()
  t.teardown(() => home[Symbol.asyncDispose]())
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  home.configure()
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
  const settings = { conflictResolution: resolution, watch: 'no', syncAfterChange: 'no', useOutlookSettings: 'yes' }
  for (const [key, value] of Object.entries(settings)) await home.json(['profile', 'set', 'work', key, value])
  // A daemon that begins nothing by itself: each run of it is one that the test asked for.
  await home.start()
  const auth = { user: USER, pass: DOVECOT_PASSWORD }
  const port = dovecot.imapPort
  const other = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
  await other.connect()
  t.teardown(() => other.logout())
  t.match(await home.json(['sync', '--wait']), { downloaded: MESSAGES, errors: { length: 0 } })
  return {
    home,
    other,
    sync: () => home.json(['sync', '--wait']),
    items: async (folder: string) => (await home.json(['item', 'list', folder])) as Item[],
    conflicts: async () => (await home.json(['conflict', 'list'])) as Conflict[],
    uidsOf: async (path: string) => {
      await other.mailboxOpen(path)
      if (other.mailbox && other.mailbox.exists === 0) return []
      const all = await other.fetchAll('1:*', { uid: true, flags: true, envelope: true })
      return all.map(({ uid, flags, envelope }) => ({
        uid,
        flags: flags ?? new Set(),
        messageId: envelope?.messageId ?? null,
      }))
    },
  }
}
