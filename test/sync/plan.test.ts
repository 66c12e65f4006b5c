import fc from 'fast-check'
import t from 'tap'
import { UidSet } from '../../src/formats/imap/uid-set.ts'
import { packFlags } from '../../src/store/flags.ts'
import type { KnownMessage } from '../../src/store/rows.ts'
import { planFolder, type RemoteDelta } from '../../src/sync/plan/plan.ts'

const flags = fc.subarray(['\\Seen', '\\Flagged', '$Label', 'other'])
const mailbox = fc.dictionary(fc.integer({ min: 1, max: 40 }).map(String), flags, { maxKeys: 30 })

const knownOf = (box: Record<string, string[]>) =>
  new Map<number, KnownMessage>(
    Object.entries(box).map(([uid, words]) => [Number(uid), { where: 'item', flags: packFlags(words) }]),
  )
const messagesOf = (box: Record<string, string[]>) =>
  Object.entries(box).map(([uid, flags]) => ({ uid: Number(uid), flags }))

/** Does to a map what the engine does to its rows. */
function apply(known: Map<number, KnownMessage>, delta: RemoteDelta, remote: Record<string, string[]>): void {
  const plan = planFolder(known, delta)
  for (const uid of plan.newUids) known.set(uid, { where: 'dlq', flags: packFlags(remote[String(uid)] ?? []) })
  for (const { uid, flags } of plan.flagChanges) known.set(uid, { where: 'item', flags })
  for (const uid of plan.vanished) known.delete(uid)
}

const snapshot = (known: Map<number, KnownMessage>) =>
  [...known].map(([uid, { flags }]) => `${uid}:${flags.bits}:${flags.keywords}`).sort()

t.test('whatever is known, a full list makes it what the server has, and a second one changes nothing', async t => {
  fc.assert(
    fc.property(mailbox, mailbox, (local, remote) => {
      const known = knownOf(local)
      const delta: RemoteDelta = { kind: 'full', messages: messagesOf(remote) }
      apply(known, delta, remote)
      const again = planFolder(known, delta)
      const isQuiet = again.newUids.length + again.flagChanges.length + again.vanished.length === 0
      return isQuiet && snapshot(known).join() === snapshot(knownOf(remote)).join()
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

t.test('a difference makes it what the server has, with unknown UIDs among the vanished', async t => {
  fc.assert(
    fc.property(mailbox, mailbox, fc.array(fc.integer({ min: 1, max: 60 })), (local, remote, noise) => {
      const known = knownOf(local)
      const changed = messagesOf(remote).filter(({ uid, flags }) => local[String(uid)]?.join() !== flags.join())
      const gone = Object.keys(local)
        .map(Number)
        .filter(uid => !(String(uid) in remote))
      const vanished = UidSet.of([...gone, ...noise.filter(uid => !(String(uid) in remote))])
      apply(known, { kind: 'changes', changed, vanished }, remote)
      return snapshot(known).join() === snapshot(knownOf(remote)).join()
    }),
    { numRuns: 2000 },
  )
  t.pass()
})
