import { type Dovecot, startDovecot } from '../../test/support/dovecot.ts'
import { generateMaildir } from '../../test/support/mailbox-generator.ts'
import { measureImapflow } from '../support/imapflow.ts'
import { Mbsync } from '../support/mbsync.ts'
import { interleave, printRatio, printTime } from '../support/measure.ts'
import { PosternPeer } from '../support/postern-peer.ts'
import type { Sizes } from './sizes.ts'

const USER = 'ada@example.test'

/** A large folder compared whole, message by message, after one flag has changed on the server. */
export async function fullCompare({ compared, rounds }: Sizes): Promise<void> {
  await using dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages: compared, seed: 1, largeEvery: 0, maxOctets: 1500 })
  dovecot.own('ada')
  const { imapPort: port } = dovecot
  const settings = { fullSyncThreshold: String(compared * 2) }
  await using postern = await PosternPeer.make({ user: USER, port, settings })
  using mbsync = new Mbsync({ user: USER, port, isDurable: false, sync: 'All' })
  await postern.start()
  await postern.sync()
  await mbsync.run()
  let uid = 0
  const times = await interleave(rounds, {
    postern: async () => {
      await changeOne(dovecot, ++uid)
      return await postern.sync()
    },
    mbsync: async () => {
      await changeOne(dovecot, ++uid)
      return await mbsync.run()
    },
    imapflow: () =>
      measureImapflow(USER, port, async client => {
        await client.mailboxOpen('INBOX')
        await client.fetchAll('1:*', { uid: true, flags: true })
      }),
  })
  console.log(`a folder of ${compared} messages compared whole, one flag changed on the server`)
  printTime('postern, inside the daemon', times.postern)
  printTime('mbsync, a process, FSync no', times.mbsync)
  printTime('imapflow, flags fetched and not compared', times.imapflow)
  printRatio('mbsync FSync no', times.postern, times.mbsync, 1)
  printRatio('imapflow', times.postern, times.imapflow)
}

async function changeOne({ imapPort }: Dovecot, uid: number): Promise<void> {
  await measureImapflow(USER, imapPort, async client => {
    await client.mailboxOpen('INBOX')
    await client.messageFlagsAdd(String(uid), ['\\Answered'], { uid: true })
  })
}
