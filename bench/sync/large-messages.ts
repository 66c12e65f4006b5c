import { startDovecot } from '../../test/support/dovecot.ts'
import { generateMaildir } from '../../test/support/mailbox-generator.ts'
import { Mbsync } from '../support/mbsync.ts'
import { interleave, type Measured, printRatio, printTime, watchMemory } from '../support/measure.ts'
import { PosternPeer } from '../support/postern-peer.ts'
import type { Sizes } from './sizes.ts'

const USER = 'ada@example.test'
const LIMIT_MEGABYTES = 300

/** Memory of a daemon, its engine and workers, and of mbsync, while large messages are pulled. */
export async function largeMessages({ large, largeMegabytes, rounds }: Sizes): Promise<void> {
  await using dovecot = await startDovecot({ users: [USER] })
  const octets = generateMaildir(dovecot.maildir('ada'), { messages: large, seed: 1, octets: largeMegabytes * 1e6 })
  dovecot.own('ada')
  const { imapPort: port } = dovecot
  const times = await interleave(rounds, {
    postern: () => pull(port),
    relaxed: () => pullMbsync(port, false),
    mbsync: () => pullMbsync(port, true),
  })
  console.log(
    `${large} messages of ${largeMegabytes} MB pulled, ${Math.round(octets / 1e6)} MB; memory is all processes' together (PSS)`,
  )
  printTime('postern, the daemon and its children', times.postern)
  printTime('mbsync, a process', times.mbsync)
  printTime('mbsync, a process, FSync no', times.relaxed)
  printRatio('mbsync', times.postern, times.mbsync, 1)
  printRatio('mbsync FSync no', times.postern, times.relaxed, 1)
  const isMet = times.postern.megabytes < LIMIT_MEGABYTES
  console.log(`  memory: ${isMet ? 'under' : 'OVER'} the limit of ${LIMIT_MEGABYTES} MB`)
}

async function pull(port: number): Promise<Measured> {
  await using peer = await PosternPeer.make({ user: USER, port })
  await peer.start()
  const memory = watchMemory(peer.pid)
  const measured = await peer.sync()
  return { ...measured, megabytes: memory.end() }
}

async function pullMbsync(port: number, isDurable: boolean): Promise<Measured> {
  using mbsync = new Mbsync({ user: USER, port, isDurable, sync: 'Pull' })
  return await mbsync.run()
}
