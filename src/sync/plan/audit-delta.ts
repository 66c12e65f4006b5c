import { randomInt } from 'node:crypto'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { Logger } from '../../log/logger.ts'
import { equalFlags, packFlags, unpackFlags } from '../../store/flags.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { RemoteMail, SelectedFolder } from '../remote.ts'

const SAMPLE = 32
const DISTRUST_MS = 30 * 86_400_000 // servers are mended, too

/** What an audit works with. */
export interface AuditContext {
  readonly store: Store
  readonly remote: RemoteMail
  readonly log: Logger
  readonly clock: () => number
}

/** Tells whether a server's word on what has changed is taken. */
export function trustsDeltas({ store, remote, clock }: AuditContext): boolean {
  const distrust = store.read.distrust()
  return distrust?.host !== remote.host || clock() - distrust.atMs > DISTRUST_MS
}

/** Tells what is wrong in a folder right after its delta was taken over; undefined when nothing is. */
export async function auditDelta(
  store: Store,
  folder: FolderRow,
  selected: SelectedFolder,
): Promise<string | undefined> {
  const known = store.read.knownCount(folder.id, selected.uidValidity)
  if (known !== selected.messages) return `${selected.messages} messages, ${known} by its deltas`
  const expected = store.read.sample(folder.id, SAMPLE, below => randomInt(below))
  if (expected.size === 0) return undefined
  const answers = await selected.fetchFlagsOf(UidSet.of(expected.keys()))
  const found = new Map(answers.map(({ uid, flags }) => [uid, packFlags(flags)]))
  for (const [uid, flags] of expected) {
    const there = found.get(uid)
    if (!there) return `UID ${uid} is gone, which no delta said`
    if (!equalFlags(there, flags))
      return `UID ${uid} has (${unpackFlags(there)}), by its deltas (${unpackFlags(flags)})`
  }
  return undefined
}

/**
 * Opens a folder again after an audit found something wrong. Where its HIGHESTMODSEQ is still the same, nobody has changed
 * anything meanwhile and none of our own changes is open: then the server's deltas were wrong, and are not used any more.
 */
export async function investigate(
  context: AuditContext,
  folder: FolderRow,
  selected: SelectedFolder,
  evidence: string,
): Promise<SelectedFolder> {
  const { store, remote, log } = context
  const again = await remote.examine(folder.path)
  const isQuiet = again.uidValidity === selected.uidValidity && again.highestModseq === selected.highestModseq
  if (!isQuiet || store.read.pending.hasOpen()) return again
  log.warn({ folder: folder.id, host: remote.host, evidence }, 'the server’s deltas are wrong and not used any more')
  store.transact(transactor => transactor.distrust(remote.host, `folder ${folder.id}: ${evidence}`))
  return again
}
