import { UidSet } from '../../formats/imap/uid-set.ts'
import type { IncomingMessage } from '../../store/changes/adoption.ts'
import { packFlags } from '../../store/flags.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { headerHashOf } from '../local/header-hash.ts'
import type { RemoteStatus, SelectedFolder } from '../remote.ts'
import type { SyncSettings } from '../settings.ts'
import { type AuditContext, auditDelta, investigate, trustsDeltas } from './audit-delta.ts'
import { bodyLimits, wantedPart } from './body-limits.ts'
import { assertRecognised } from './mass-deletion.ts'
import { type KnownUids, planFolder, type RemoteDelta } from './plan.ts'

const FULL_COMPARE_MS = 86_400_000 // a day

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

/** What PLAN works with. */
export interface PlanContext extends AuditContext {
  readonly settings: SyncSettings
}

/** Tells whether a folder's UIDs are to be compared whole although the server tells of changes. */
export function isFullDue({ clock }: PlanContext, { lastFullMs }: FolderRow): boolean {
  // A clock that was set back counts as much time gone by.
  return lastFullMs === undefined || Math.abs(clock() - lastFullMs) > FULL_COMPARE_MS
}

/**
 * PLAN: reads the difference between the server and the store, and commits it together with the cursor. Small folders,
 * and all of them once a day, are compared whole; what deltas say is audited.
 */
export async function runPlan(context: PlanContext, folder: FolderRow): Promise<SelectedFolder> {
  const { store, remote, settings } = context
  const held = folder.uidValidity === undefined ? 0 : store.read.knownCount(folder.id, folder.uidValidity)
  const isWhole = held <= settings.fullSyncThreshold || isFullDue(context, folder) || !trustsDeltas(context)
  const selected = await remote.examine(folder.path, isWhole ? undefined : cursorOf(store, folder))
  const isNumberedAnew = isRenumbered(folder, selected)
  if (isNumberedAnew && folder.uidValidity !== undefined) {
    store.transact(transactor => transactor.loseUids(folder.id))
  } else if (isNumberedAnew && store.read.pending.isLeftIn(folder.path, selected.uidValidity)) {
    store.transact(({ deletedFolders }) =>
      deletedFolders.takeOverExpunges(folder.id, folder.path, selected.uidValidity),
    )
  }
  const delta = isWhole || isNumberedAnew ? undefined : await readDelta(context, folder, selected)
  if (!delta) {
    await planWhole(context, folder, selected)
    return selected
  }
  const known = context.store.read.known(folder.id, selected.uidValidity)
  await apply(context, { folder, selected, known }, delta)
  const wrong = await auditDelta(store, folder, selected)
  if (wrong === undefined) return selected
  const again = await investigate(context, folder, selected, wrong)
  await planWhole(context, folder, again)
  return again
}

// A UIDNEXT that went back means a server that was set back: it gives UIDs to other messages without saying so.
function isRenumbered(folder: FolderRow, { uidValidity, uidNext, uidsAreSticky }: SelectedFolder): boolean {
  const isBack = uidNext !== undefined && folder.uidNext !== undefined && uidNext < folder.uidNext
  return uidValidity !== folder.uidValidity || !uidsAreSticky || isBack
}

function cursorOf(store: Store, folder: FolderRow) {
  const { uidValidity, highestModseq } = folder
  if (uidValidity === undefined || highestModseq === undefined) return undefined
  return { uidValidity, highestModseq, knownUids: store.read.knownUids(folder.id, uidValidity) }
}

/** What has changed since the cursor, as far as the server can tell; undefined when everything must be read. */
async function readDelta(
  { store, remote }: PlanContext,
  folder: FolderRow,
  selected: SelectedFolder,
): Promise<RemoteDelta | undefined> {
  // What was changed under the mod-sequences that are gone is told by nobody.
  if ((selected.highestModseq ?? 0n) < (folder.highestModseq ?? 0n)) return undefined
  if (selected.delta) return { kind: 'changes', ...selected.delta }
  if (!remote.features.condstore || folder.highestModseq === undefined) return undefined
  const changed = await selected.fetchFlags(folder.highestModseq)
  const uids = await selected.searchUids()
  const held = store.read.knownUids(folder.id, selected.uidValidity)
  const gone = held.ranges.flatMap(([first, last]) => missingFrom(uids, first, last))
  return { kind: 'changes', changed, vanished: UidSet.of(gone) }
}

function missingFrom(uids: UidSet, first: number, last: number): number[] {
  const missing: number[] = []
  for (let uid = first; uid <= last; uid++) if (!uids.has(uid)) missing.push(uid)
  return missing
}

/** Compares all that the server has in a folder with all that the store knows of it. */
export async function planWhole(context: PlanContext, folder: FolderRow, selected: SelectedFolder): Promise<void> {
  // What is known is read while the server writes its list: nothing else gives UIDs to messages meanwhile.
  const readKnown = async () => context.store.read.known(folder.id, selected.uidValidity)
  const [messages, known] = await Promise.all([selected.fetchFlags(), readKnown()])
  // Removed by somebody meanwhile, or left out of the list: only what SEARCH does not find either is gone.
  const isShort = new Set(messages.map(({ uid }) => uid)).size < selected.messages
  const alsoThere = isShort ? await selected.searchUids() : UidSet.EMPTY
  await apply(context, { folder, selected, known }, { kind: 'full', messages, alsoThere })
}

interface Sides {
  readonly folder: FolderRow
  readonly selected: SelectedFolder
  readonly known: KnownUids
}

async function apply(
  { store, settings, clock }: PlanContext,
  { folder, selected, known }: Sides,
  delta: RemoteDelta,
): Promise<void> {
  const { uidValidity } = selected
  const limits = bodyLimits(settings, folder, clock())
  const plan = planFolder(known, delta)
  const incoming = await readMetadata(store, selected, UidSet.of(plan.newUids))
  const recognition = {
    resolution: settings.conflictResolution,
    headerHashOf: (location: PackLocation) => headerHashOf(store.read, location),
  }
  // Everything that the network had to say is here: the transaction waits for nobody.
  store.transact(transactor => {
    // What was put into a folder that nobody could look into may well have been taken out of it.
    const isKnown = folder.uidValidity !== undefined
    const expected = isKnown && delta.kind === 'full' ? store.read.losses.unrecognised(folder.id) : 0
    for (const message of transactor.adoptGiven(folder.id, uidValidity, incoming, settings.conflictResolution)) {
      if (transactor.adopt(folder.id, message, recognition)) continue
      transactor.incoming.enqueue(folder.id, uidValidity, message, wantedPart(message, limits))
    }
    for (const change of plan.flagChanges) {
      transactor.setServerFlags(folder.id, uidValidity, change, settings.conflictResolution)
    }
    for (const uid of plan.vanished) {
      transactor.vanish(folder.id, uidValidity, uid)
    }
    // Undoes all of this when it is probably another folder.
    if (expected > 0) assertRecognised(folder, expected - store.read.losses.unrecognised(folder.id), expected)
    if (delta.kind === 'full') transactor.vanishLost(folder.id)
    transactor.setPosition(folder.id, selected, delta.kind === 'full')
  })
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
