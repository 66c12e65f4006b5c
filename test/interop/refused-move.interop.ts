import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const MESSAGES = 5

interface Item {
  readonly id: string
  readonly messageId: string | null
}

t.test(
  'Dovecot refuses to move a message that it cannot read: the others are moved, each once',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [USER] })
    generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 3, largeEvery: 0 })
    dovecot.own('ada')
    await using home = new PosternHome()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    const sync = async () => (await home.run(['sync', '--json'])).json()
    const items = async (folder: string) => (await home.json(['item', 'list', folder])) as Item[]
    const files = (folder: string) =>
      ['cur', 'new'].flatMap(part => readdirSync(join(dovecot.maildir('ada'), folder, part)))
    t.match(await sync(), { errors: { length: 0 } })
    await home.json(['folder', 'create', 'Projects'])
    t.match(await sync(), { errors: { length: 0 } })

    const [, , name = ''] = files('').toSorted()
    const unreadable = join(dovecot.maildir('ada'), 'cur', name)
    const { uid, gid, mode } = statSync(unreadable)
    chownSync(unreadable, 0, 0)
    chmodSync(unreadable, 0)
    for (const { id } of await items('INBOX')) await home.json(['item', 'move', id, 'Projects'])
    t.match(await sync(), { errors: [{ folder: 'Projects', message: /SERVERBUG/ }] })
    t.same([files('').length, files('.Projects').length], [1, MESSAGES - 1])
    t.equal((await items('Projects')).length, MESSAGES, 'it is shown where the user has put it')

    chownSync(unreadable, uid, gid)
    chmodSync(unreadable, mode)
    t.match(await sync(), { errors: { length: 0 } })
    t.match(await sync(), { downloaded: 0, errors: { length: 0 } })
    t.same([files('').length, files('.Projects').length], [0, MESSAGES])
    t.equal(new Set((await items('Projects')).map(({ messageId }) => messageId)).size, MESSAGES, 'each once')
  },
)
