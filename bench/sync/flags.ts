import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { startDovecot } from '../../test/support/dovecot.ts'
import { generateMaildir } from '../../test/support/mailbox-generator.ts'
import { measureImapflow } from '../support/imapflow.ts'
import { Mbsync } from '../support/mbsync.ts'
import { interleave, printRatio, printTime } from '../support/measure.ts'
import { PosternPeer } from '../support/postern-peer.ts'
import type { Sizes } from './sizes.ts'

const USERS = ['ada@example.test', 'bob@example.test', 'cid@example.test', 'dot@example.test'] as const
const SPREAD = 5 // every fifth message is changed

/** Flags of many messages, changed here and told to the server. Everybody has a mailbox of the same mail. */
export async function flags({ flags: count, rounds }: Sizes): Promise<void> {
  await using dovecot = await startDovecot({ users: USERS })
  for (const user of USERS) {
    const name = user.replace(/@.*/, '')
    generateMaildir(dovecot.maildir(name), { messages: count * SPREAD, seed: 1, largeEvery: 0, maxOctets: 1500 })
    dovecot.own(name)
  }
  const [ada, bob, cid, dot] = USERS
  await using postern = await PosternPeer.make({ user: ada, port: dovecot.imapPort })
  using mbsync = new Mbsync({ user: bob, port: dovecot.imapPort, isDurable: true, sync: 'All' })
  using relaxed = new Mbsync({ user: dot, port: dovecot.imapPort, isDurable: false, sync: 'All' })
  await postern.start()
  await Promise.all([postern.sync(), mbsync.run(), relaxed.run()])
  const ids = await itemsOf(postern, count)
  let isFlagged = false
  const uids = Array.from({ length: count }, (_, index) => 1 + index * SPREAD)
  const times = await interleave(rounds, {
    postern: async () => {
      isFlagged = !isFlagged
      const words = [['\\Flagged'], []]
      const [add, remove] = isFlagged ? words : words.toReversed()
      await postern.call('item.flag', { ids, add, remove })
      return await postern.sync()
    },
    mbsync: async () => {
      toggleFlagged(mbsync.inbox, count)
      return await mbsync.run()
    },
    relaxed: async () => {
      toggleFlagged(relaxed.inbox, count)
      return await relaxed.run()
    },
    imapflow: () =>
      measureImapflow(cid, dovecot.imapPort, async client => {
        await client.mailboxOpen('INBOX')
        await client.messageFlagsAdd(uids.join(','), [isFlagged ? '\\Flagged' : '\\Answered'], { uid: true })
      }),
  })
  console.log(`${count} changes of flags, every ${SPREAD}th of ${count * SPREAD} messages, told to the server`)
  printTime('postern, inside the daemon', times.postern)
  printTime('mbsync, a process', times.mbsync)
  printTime('mbsync, a process, FSync no', times.relaxed)
  printTime('imapflow, one STORE, keeps nothing', times.imapflow)
  printRatio('mbsync', times.postern, times.mbsync, 1)
  printRatio('mbsync FSync no', times.postern, times.relaxed, 1)
  printRatio('imapflow', times.postern, times.imapflow)
}

async function itemsOf(postern: PosternPeer, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  await postern.call('item.list', { folder: 'INBOX' }, event => {
    const { items } = event as { items: readonly { readonly id: string }[] } // pages, by its contract
    ids.push(...items.map(({ id }) => id))
  })
  return ids.filter((_, index) => index % SPREAD === 0).slice(0, count)
}

/** Does to a Maildir what a mail program does. */
function toggleFlagged(maildir: string, count: number): void {
  const folder = join(maildir, 'cur')
  const files = readdirSync(folder).sort()
  for (const file of files.filter((_, index) => index % SPREAD === 0).slice(0, count)) {
    const [name, letters = ''] = file.split(':2,')
    const changed = letters.includes('F') ? letters.replace('F', '') : [...letters, 'F'].sort().join('')
    renameSync(join(folder, file), join(folder, `${name}:2,${changed}`))
  }
}
