import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const LETTER = 'Message-ID: <letter@x>\nSubject: a letter\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\nDear all,\nno end'
const NAMELESS = 'Subject: no name\r\n\r\nno Message-ID\r\n'

interface Item {
  readonly id: string
  readonly uid: number
  readonly subject: string | null
  readonly messageId: string | null
  readonly flags: readonly string[]
}

interface Synced {
  readonly downloaded: number
  readonly uploaded: number
  readonly errors: readonly unknown[]
}

t.test('what is changed here is on the server after the next run', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages: 30, seed: 5, largeEvery: 0 })
  dovecot.own('ada')
  await using home = new PosternHome()
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
  const other = await connectOther(t, dovecot.imapPort)
  const sync = async () => (await home.json(['sync'])) as Synced
  const items = async (folder: string) => (await home.json(['item', 'list', folder])) as Item[]
  const file = (name: string, text: string) => {
    const path = join(home.dir, name)
    writeFileSync(path, text)
    return path
  }
  const onServer = async (folder: string) => {
    await other.mailboxOpen(folder)
    const query = { uid: true, flags: true, envelope: true, source: true } as const
    return other.mailbox && other.mailbox.exists === 0 ? [] : await other.fetchAll('1:*', query)
  }
  t.match(await sync(), { downloaded: 30, errors: { length: 0 } })

  await t.test('flags and keywords', async t => {
    const [first, second] = await items('INBOX')
    await home.json(['item', 'flag', first?.id ?? '', '+\\Flagged', '+$Label1', '-\\Seen'])
    await home.json(['item', 'flag', second?.id ?? '', '+\\Flagged'])
    t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
    const messages = await onServer('INBOX')
    const flags = messages.find(({ uid }) => uid === first?.uid)?.flags
    t.ok(flags?.has('\\Flagged') && flags.has('$Label1') && !flags.has('\\Seen'))
    t.ok(messages.find(({ uid }) => uid === second?.uid)?.flags?.has('\\Flagged'))
  })

  await t.test('flags changed on both sides are all kept', async t => {
    const third = (await items('INBOX'))[2]
    await other.mailboxOpen('INBOX')
    await other.messageFlagsAdd(String(third?.uid), ['\\Answered'], { uid: true })
    await home.json(['item', 'flag', third?.id ?? '', '+\\Flagged'])
    t.match(await sync(), { errors: { length: 0 } })
    const here = (await items('INBOX'))[2]?.flags ?? []
    const there = (await onServer('INBOX')).find(({ uid }) => uid === third?.uid)?.flags ?? new Set()
    for (const flag of ['\\Answered', '\\Flagged']) t.ok(here.includes(flag) && there.has(flag), flag)
  })

  await t.test('new messages, with and without a Message-ID, once', async t => {
    const added = (await home.json(['item', 'add', 'Sent', file('letter.eml', LETTER), '--flag', '\\Seen'])) as {
      id: string
    }
    await home.json(['item', 'add', 'Sent', file('nameless.eml', NAMELESS)])
    t.match(await sync(), { uploaded: 2, downloaded: 0, errors: { length: 0 } })
    t.match(await sync(), { uploaded: 0, downloaded: 0, errors: { length: 0 } })
    const messages = await onServer('Sent')
    t.same(
      messages.map(({ source }) => source?.toString()),
      [LETTER.replaceAll('\n', '\r\n'), NAMELESS],
    )
    t.same(
      [...(messages[0]?.flags ?? [])].filter(flag => flag !== '\\Recent'),
      ['\\Seen'],
    )
    t.equal((await items('Sent')).find(({ id }) => id === added.id)?.uid, messages[0]?.uid)
    t.equal((await items('Sent')).length, 2)
  })

  await t.test('a move, and a move of what was never uploaded', async t => {
    const fourth = (await items('INBOX'))[3]
    const before = await onServer('Sent')
    await home.json(['item', 'move', fourth?.id ?? '', 'Sent'])
    const { id } = (await home.json([
      'item',
      'add',
      'INBOX',
      file('new.eml', LETTER.replace('letter@', 'new@')),
    ])) as Item
    await home.json(['item', 'move', id, 'Sent'])
    t.match(await sync(), { uploaded: 1, downloaded: 0, errors: { length: 0 } })
    t.equal((await onServer('Sent')).length, before.length + 2)
    t.equal((await onServer('INBOX')).length, 29)
    t.ok(
      (await items('Sent')).some(item => item.id === fourth?.id),
      'under its id',
    )
    t.match(await sync(), { uploaded: 0, downloaded: 0, errors: { length: 0 } })
  })

  await t.test('a copy', async t => {
    const fifth = (await items('INBOX'))[4]
    await home.json(['item', 'copy', fifth?.id ?? '', 'Sent'])
    t.match(await sync(), { uploaded: 1, downloaded: 0, errors: { length: 0 } })
    t.equal((await onServer('INBOX')).length, 29)
    t.ok((await onServer('Sent')).some(({ envelope }) => envelope?.messageId === fifth?.messageId))
  })

  await t.test('a deletion goes to the Trash, there for good, and can be undone', async t => {
    const sixth = (await items('INBOX'))[5]
    const id = sixth?.id ?? ''
    await home.json(['item', 'delete', id])
    t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
    t.match(await onServer('Trash'), [{ envelope: { messageId: sixth?.messageId } }])
    await home.json(['item', 'delete', id])
    t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
    t.same(await onServer('Trash'), [])
    t.same(await items('Trash'), [])
    await home.json(['item', 'restore', id])
    t.match(await sync(), { uploaded: 1, downloaded: 0, errors: { length: 0 } })
    t.match(await onServer('Trash'), [{ envelope: { messageId: sixth?.messageId } }])
    t.match(await items('Trash'), [{ id }])
  })

  await t.test('folders are made, renamed and deleted', async t => {
    await home.json(['folder', 'create', 'Projects/Gärten'])
    await home.json(['item', 'add', 'Projects/Gärten', file('garden.eml', LETTER.replace('letter@', 'garden@'))])
    t.match(await sync(), { uploaded: 1, downloaded: 0, errors: { length: 0 } })
    t.equal((await onServer('Projects/Gärten')).length, 1)
    await home.json(['folder', 'rename', 'Projects/Gärten', 'Projects/Beete'])
    t.match(await sync(), { uploaded: 0, downloaded: 0, errors: { length: 0 } })
    t.equal((await onServer('Projects/Beete')).length, 1)
    t.equal((await items('Projects/Beete')).length, 1)
    await other.mailboxOpen('INBOX') // a server ends sessions whose folder is deleted
    await home.json(['folder', 'delete', 'Projects/Beete'])
    t.match(await sync(), { errors: { length: 0 } })
    t.notOk((await other.list()).some(({ path }) => path.includes('Beete')))
  })

  await t.test('a folder with mail that was not seen here is not deleted', async t => {
    await home.json(['folder', 'create', 'Risky'])
    await sync()
    await other.append('Risky', 'Subject: unseen\r\n\r\n', [])
    await home.json(['folder', 'delete', 'Risky'])
    t.match(await sync(), { downloaded: 1, errors: { length: 0 } })
    t.match(await items('Risky'), [{ subject: 'unseen' }])
  })
})

t.test('the sudden loss of most of a folder is asked about', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages: 80, seed: 6, largeEvery: 0 })
  dovecot.own('ada')
  await using home = new PosternHome()
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
  const other = await connectOther(t, dovecot.imapPort)
  const items = async () => (await home.json(['item', 'list', 'INBOX'])) as Item[]
  const state = async () =>
    ((await home.json(['folder', 'list'])) as { path: string; state: string }[]).find(({ path }) => path === 'INBOX')
  await home.json(['sync'])
  await other.mailboxOpen('INBOX')
  await other.messageDelete('1:60', { uid: true })
  const held = await home.run(['sync', '--json'])
  t.equal(held.code, 1)
  t.match(held.json(), { errors: [{ folder: 'INBOX', code: 'SYNC_MASS_DELETION' }] })
  t.equal((await items()).length, 80, 'nothing is gone here')
  t.match(await home.json(['sync']), { errors: { length: 0 } }, 'it is held, not failing')
  t.equal((await items()).length, 80)

  await home.json(['folder', 'resume', 'INBOX', '--restore'])
  t.match(await home.json(['sync']), { uploaded: 60, downloaded: 0, errors: { length: 0 } })
  t.equal((await items()).length, 80)
  await other.noop()
  t.match(await other.status('INBOX', { messages: true }), { messages: 80 })

  await other.mailboxOpen('INBOX')
  await other.messageDelete('1:70')
  t.equal((await home.run(['sync'])).code, 1)
  await home.json(['folder', 'resume', 'INBOX', '--accept'])
  t.match(await home.json(['sync']), { uploaded: 0, errors: { length: 0 } })
  t.equal((await items()).length, 10)
  t.match(await state(), { state: 'ok' })
})

async function connectOther(t: Test, port: number): Promise<ImapFlow> {
  const auth = { user: USER, pass: DOVECOT_PASSWORD }
  const other = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
  await other.connect()
  t.teardown(() => other.close()) // the server may have ended
  return other
}
