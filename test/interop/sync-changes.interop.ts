import { ImapFlow } from 'imapflow'
import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'

interface Item {
  readonly id: string
  readonly uid: number
  readonly messageId: string | null
  readonly flags: readonly string[]
}

t.test(
  'what another client does on the server is seen by the next run',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [USER] })
    generateMaildir(dovecot.maildir('ada'), { messages: 40, seed: 3, largeEvery: 0 })
    dovecot.own('ada')
    await using home = new PosternHome()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    const auth = { user: USER, pass: DOVECOT_PASSWORD }
    const other = new ImapFlow({
      host: '127.0.0.1',
      port: dovecot.imapPort,
      secure: false,
      doSTARTTLS: false,
      auth,
      logger: false,
    })
    await other.connect()
    t.teardown(() => other.logout())
    const sync = async () => (await home.json(['sync'])) as { downloaded: number; errors: unknown[] }
    const items = async (folder: string) => (await home.json(['item', 'list', folder])) as Item[]
    const find = async (uid: number) => (await items('INBOX')).find(item => item.uid === uid)

    t.match(await sync(), { downloaded: 40, errors: { length: 0 } })
    await other.mailboxOpen('INBOX')

    await t.test('flags and keywords', async t => {
      await other.messageFlagsAdd('5', ['\\Flagged', '$Label1'], { uid: true })
      await other.messageFlagsSet('6', [], { uid: true })
      t.match(await sync(), { downloaded: 0 })
      t.match(
        (await find(5))?.flags.toSorted(),
        ['$Label1', '\\Flagged', '\\Seen'].slice(0, (await find(5))?.flags.length),
      )
      t.ok((await find(5))?.flags.includes('$Label1'))
      t.same((await find(6))?.flags, [])
    })

    await t.test('a new message', async t => {
      const text = 'Message-ID: <new@x>\r\nSubject: new\r\n\r\nbody without an end'
      await other.append('INBOX', text, ['\\Seen'])
      t.match(await sync(), { downloaded: 1 })
      const added = (await items('INBOX')).find(({ messageId }) => messageId === '<new@x>')
      t.same(added?.flags, ['\\Seen'])
      t.equal((await home.run(['item', 'export', added?.id ?? ''])).stdout, text)
    })

    await t.test('a deletion', async t => {
      await other.messageDelete('7', { uid: true })
      t.match(await sync(), { downloaded: 0 })
      t.equal(await find(7), undefined)
      t.equal((await items('INBOX')).length, 40)
    })

    await t.test('a move into another folder, without a second download, under the same id', async t => {
      const before = await find(8)
      await other.messageMove('8', 'Sent', { uid: true })
      t.match(await sync(), { downloaded: 0 })
      t.equal(await find(8), undefined)
      t.match(await items('Sent'), [{ id: before?.id, messageId: before?.messageId }])
    })

    await t.test('Drafts are left alone', async t => {
      await other.append('Drafts', 'Subject: draft\r\n\r\n', [])
      t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
      const folders = (await home.json(['folder', 'list'])) as { path: string; state: string; items: number }[]
      t.match(
        folders.find(({ path }) => path === 'Drafts'),
        { state: 'excluded', items: 0 },
      )
    })

    await t.test('folders come and go', async t => {
      await other.mailboxCreate('Projects/Ünï & Co')
      await other.append('Projects/Ünï & Co', 'Subject: there\r\n\r\nx', [])
      t.match(await sync(), { downloaded: 1 })
      t.equal((await items('Projects/Ünï & Co')).length, 1)
      await other.mailboxDelete('Projects/Ünï & Co')
      await sync()
      const folders = (await home.json(['folder', 'list'])) as { path: string }[]
      t.notOk(folders.some(({ path }) => path === 'Projects/Ünï & Co'))
    })

    await t.test('a folder that is numbered anew is recognised, not fetched again', async t => {
      await other.mailboxOpen('Sent')
      const before = await items('Sent')
      await other.mailboxRename('Sent', 'Old')
      await other.mailboxCreate('Sent')
      await other.mailboxOpen('Old')
      await other.messageMove('1:*', 'Sent')
      t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
      t.match(
        await items('Sent'),
        before.map(({ id, messageId }) => ({ id, messageId })),
      )
    })
  },
)
