// How long new mail takes from the server's OK to APPEND into the store of a running daemon, by NOTIFY and by IDLE. Peer:
// the moment at which imapflow, idling in the same folder in the same run, says that there is a new message; it has
// fetched nothing then. Most of it is Dovecot's own delay before it tells (half a second).
//   node_modules/.bin/node bench/watch-latency.ts [messages]
// Needs Debian's dovecot-imapd, and root for the private Dovecot.
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreReader } from '../src/store/reader.ts'
import { startDovecot } from '../test/support/dovecot.ts'
import { PosternHome } from '../test/support/postern.ts'
import {
  addWatchedProfile,
  lookUntil,
  NO_NOTIFY,
  otherClient,
  statusOf,
  WATCHED_USER,
} from '../test/support/watched-home.ts'

const ROUNDS = Number(process.argv[2] ?? 20)
const LOOK_MS = 2
const REST_MS = 700 // Dovecot gathers what happens within half a second

for (const [way, settings] of [
  ['notify', ''],
  ['idle', NO_NOTIFY],
] as const) {
  await using dovecot = await startDovecot({ users: [WATCHED_USER], settings })
  await using home = new PosternHome()
  await addWatchedProfile(home, dovecot.imapPort)
  await home.start()
  await lookUntil(
    () => statusOf(home),
    ({ watching }) => watching?.kind === way,
  )
  const [writer, peer] = await Promise.all([otherClient(dovecot.imapPort), otherClient(dovecot.imapPort)])
  await peer.mailboxOpen('INBOX')
  void peer.idle()
  using store = StoreReader.open(join(home.dir, 'profiles', 'work'))
  const inbox = store.getFolder('INBOX').id
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 1; round <= ROUNDS; round++) {
    await sleep(REST_MS)
    const told = once(peer, 'exists').then(() => performance.now())
    await writer.append('INBOX', `Subject: ${round}\r\n\r\nx`, [])
    const startMs = performance.now()
    while (store.counts(inbox).items < round) await sleep(LOOK_MS)
    ours.push(performance.now() - startMs)
    theirs.push((await told) - startMs)
  }
  report(`${way}: in Postern’s store`, ours, '(aim: about 1 s)')
  report(`${way}: imapflow’s exists event`, theirs, '')
  report(
    `${way}: Postern behind imapflow, message fetched and imported`,
    ours.map((ms, index) => ms - (theirs[index] ?? 0)),
    '',
  )
  await Promise.all([writer.logout(), peer.logout()])
}

function report(what: string, times: readonly number[], remark: string): void {
  const sorted = times.toSorted((left, right) => left - right)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)
  console.log(`${what}: median ${at(0.5)} ms, p90 ${at(0.9)} ms, longest ${at(1)} ms, of ${sorted.length} ${remark}`)
}
