import { PosternError } from '../errors.ts'
import { UidSet } from '../formats/imap/uid-set.ts'
import type { IncomingMessage } from '../store/adoption.ts'
import { packFlags } from '../store/flags.ts'
import type { FolderRow, KnownMessage } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import type { SyncErrorCode } from './errors.ts'
import { type FolderPlan, planFolder, type RemoteDelta } from './plan.ts'
import type { RemoteFeatures, RemoteMail, RemoteStatus, SelectedFolder } from './remote.ts'

const MASS_DELETION_MIN = 50 // fewer are anybody's daily tidying up

/** Tells whether STATUS proves that nothing has changed. Only HIGHESTMODSEQ sees changed flags. */
export function isUnchanged(folder: FolderRow, status: RemoteStatus | undefined, known: number): boolean {
  return (
    status?.highestModseq !== undefined &&
    status.highestModseq === folder.highestModseq &&
    status.uidValidity === folder.uidValidity &&
    status.uidNext === folder.uidNext &&
    status.messages === known
  )
}

/** PLAN: reads the difference between the server and the store, and commits it together with the cursor. */
export async function runPlan(store: Store, remote: RemoteMail, folder: FolderRow): Promise<SelectedFolder> {
  const selected = await remote.examine(folder.path, cursorOf(store, folder))
  await planDelta(store, remote.features, folder, selected)
  // A server that forgot to tell of a message is found out by the count: then everything is compared.
  const known = store.read.knownCount(folder.id, selected.uidValidity)
  if (known !== selected.messages) await planFull(store, folder, selected)
  return selected
}

function cursorOf(store: Store, folder: FolderRow) {
  const { uidValidity, highestModseq } = folder
  if (uidValidity === undefined || highestModseq === undefined) return undefined
  return { uidValidity, highestModseq, knownUids: store.read.knownUids(folder.id, uidValidity) }
}

async function planDelta(store: Store, features: RemoteFeatures, folder: FolderRow, selected: SelectedFolder) {
  if (selected.uidValidity !== folder.uidValidity) {
    if (folder.uidValidity !== undefined) store.transact(transactor => transactor.loseUids(folder.id))
    return planFull(store, folder, selected)
  }
  if (selected.delta) return apply(store, folder, selected, { kind: 'changes', ...selected.delta })
  if (!features.condstore || folder.highestModseq === undefined) return planFull(store, folder, selected)
  const changed = await Array.fromAsync(selected.fetchFlags(folder.highestModseq))
  const uids = await selected.searchUids()
  const held = store.read.knownUids(folder.id, selected.uidValidity)
  const gone = held.ranges.flatMap(([first, last]) => missingFrom(uids, first, last))
  return apply(store, folder, selected, { kind: 'changes', changed, vanished: UidSet.of(gone) })
}

function missingFrom(uids: UidSet, first: number, last: number): number[] {
  const missing: number[] = []
  for (let uid = first; uid <= last; uid++) if (!uids.has(uid)) missing.push(uid)
  return missing
}

async function planFull(store: Store, folder: FolderRow, selected: SelectedFolder): Promise<void> {
  const messages = await Array.fromAsync(selected.fetchFlags())
  await apply(store, folder, selected, { kind: 'full', messages })
}

async function apply(store: Store, folder: FolderRow, selected: SelectedFolder, delta: RemoteDelta): Promise<void> {
  const { uidValidity } = selected
  const known = store.read.known(folder.id, uidValidity)
  const plan = planFolder(known, delta)
  assertFewDeletions(store, folder, known, plan)
  const incoming = await readMetadata(store, selected, UidSet.of(plan.newUids))
  // Everything that the network had to say is here: the transaction waits for nobody.
  store.transact(transactor => {
    for (const message of incoming) {
      if (!transactor.adopt(folder.id, message)) transactor.enqueueDownload(folder.id, uidValidity, message)
    }
    for (const { uid, flags } of plan.flagChanges) transactor.setServerFlags(folder.id, uidValidity, uid, flags)
    for (const uid of plan.vanished) {
      if (folder.consent === 'restore') transactor.reappend(folder.id, uid)
      else transactor.vanish(folder.id, uidValidity, uid)
    }
    if (delta.kind === 'full') transactor.vanishLost(folder.id)
    transactor.setPosition(folder.id, selected, delta.kind === 'full')
  })
}

/** A server that suddenly has much less may be lying, or somebody may have made a mistake: a person decides. */
function assertFewDeletions(
  store: Store,
  folder: FolderRow,
  known: ReadonlyMap<number, KnownMessage>,
  plan: FolderPlan,
) {
  if (folder.consent !== undefined) return
  const doomed = plan.vanished.filter(uid => known.get(uid)?.where === 'item').length
  const { items } = store.read.counts(folder.id)
  if (doomed <= Math.max(MASS_DELETION_MIN, items / 2)) return
  throw new PosternError<SyncErrorCode>(
    'SYNC_MASS_DELETION',
    `The server no longer has ${doomed} of the ${items} messages of ${JSON.stringify(folder.path)}; the folder is held.`,
    {
      remedy: 'user',
      advice:
        'If that is right: postern folder resume FOLDER --accept. To upload them again: postern folder resume FOLDER --restore.',
    },
  )
}

async function readMetadata(store: Store, selected: SelectedFolder, uids: UidSet): Promise<readonly IncomingMessage[]> {
  if (uids.size === 0) return []
  // The Message-ID is asked for only when there is something to recognise by it: it makes the server open every file.
  const { all, byHeader } = store.read.adoptable()
  const rows: IncomingMessage[] = []
  for await (const message of selected.fetchMetadata(uids, { messageId: all > 0, header: byHeader > 0 })) {
    rows.push({ ...message, flags: packFlags(message.flags) })
  }
  return rows
}
