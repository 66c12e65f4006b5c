import { join } from 'node:path'
import { startDovecot } from '../../test/support/dovecot.ts'
import { generateMaildir } from '../../test/support/mailbox-generator.ts'
import { startDelayProxy } from '../support/delay-proxy.ts'
import { Mbsync } from '../support/mbsync.ts'
import { interleave, type Measured, printRatio, printTime } from '../support/measure.ts'
import { PosternPeer } from '../support/postern-peer.ts'
import type { Sizes } from './sizes.ts'

const USER = 'ada@example.test'
const MESSAGES = 20 // in each folder
const LIMIT_MS = 50

/** A run in which nothing has changed, of one folder or of many. */
export async function noChange({ rounds, roundTripMs }: Sizes, folders: number): Promise<void> {
  await using dovecot = await startDovecot({ users: [USER] })
  generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 1, largeEvery: 0 })
  for (let index = 1; index < folders; index++) {
    generateMaildir(join(dovecot.maildir('ada'), `.folder-${index}`), {
      messages: MESSAGES,
      seed: index + 1,
      largeEvery: 0,
    })
  }
  dovecot.own('ada')
  await using proxy = await startDelayProxy(dovecot.imapPort, roundTripMs)
  await using resident = await PosternPeer.make({ user: USER, port: dovecot.imapPort })
  await using command = await PosternPeer.make({ user: USER, port: dovecot.imapPort })
  await using far = await PosternPeer.make({ user: USER, port: proxy.port })
  const patterns = folders === 1 ? 'INBOX' : '*'
  const mbsyncOptions = { user: USER, isDurable: true, sync: 'All', patterns }
  using mbsync = new Mbsync({ ...mbsyncOptions, port: dovecot.imapPort })
  using farMbsync = new Mbsync({ ...mbsyncOptions, port: proxy.port })
  await resident.start()
  await far.start()
  const contestants = {
    resident: () => resident.sync(),
    command: () => command.syncOnce(),
    mbsync: () => mbsync.run(),
    far: () => far.sync(),
    farMbsync: () => farMbsync.run(),
  }
  await interleave(2, contestants) // everything is there, and seen once
  const times = await interleave(rounds * 3, contestants)
  console.log(
    `no change in ${folders} folder(s) of ${MESSAGES} messages (and Drafts, Sent, Trash); the daemon keeps its session`,
  )
  printTime('postern, inside the daemon', times.resident)
  printTime('postern sync, a process without a daemon', times.command)
  printTime('mbsync, a process', times.mbsync)
  printTime(`postern, inside the daemon, ${roundTripMs} ms RTT`, times.far)
  printTime(`mbsync, a process, ${roundTripMs} ms RTT`, times.farMbsync)
  printRatio('mbsync (daemon : process)', times.resident, times.mbsync, 1)
  printRatio('mbsync (process : process)', times.command, times.mbsync)
  printRatio(`mbsync, ${roundTripMs} ms RTT (daemon : process)`, times.far, times.farMbsync, 1)
  printLimit(times.resident)
}

function printLimit({ seconds }: Measured): void {
  const isMet = seconds * 1000 < LIMIT_MS
  console.log(`  inside the daemon, loopback: ${isMet ? 'under' : 'OVER'} the limit of ${LIMIT_MS} ms`)
}
