import { UidSet } from '../../formats/imap/uid-set.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { isReadable } from '../choose-folders.ts'
import { openForChanges } from '../download/open-folder.ts'
import { inBlocks } from '../in-blocks.ts'
import { deletionsHeld, findMassDeletionHere } from '../plan/mass-deletion.ts'
import type { PlanContext } from '../plan/plan-folder.ts'
import { pendingFolders } from '../plan/plan-structure.ts'
import type { FolderFailure } from '../progress.ts'
import { EXPUNGE_ISSUED, isFolderFailure, refusalCode } from '../refusal.ts'
import type { WritableFolder } from '../remote.ts'
import { enforceRights } from './enforce-rights.ts'
import { flagBatches } from './flag-batches.ts'
import { type ChangeBatch, type RefusedChange, sendByHalves } from './halving.ts'
import { PushAppends } from './push-appends.ts'
import { pushMoves } from './push-moves.ts'

/** What PUSH works with. */
export interface PushContext extends PlanContext {
  /** Tells how many of how many messages are uploaded. */
  readonly onUploaded: (uploaded: number, total: number) => void
  /** Keeps a refusal that concerns one folder. */
  readonly onRefused: (failure: FolderFailure) => void
}

/**
 * PUSH: tells the server what the user has changed. Lost answers first, then appends, moves, deletions, flags.
 * `isComplete` says that PLAN has seen every folder in this cycle: only then it is known what has not arrived. Of what was
 * sent into folders that nobody may look into, the `closed` ones, that is never known.
 */
export async function pushAccount(
  context: PushContext,
  isComplete: boolean,
  closed: ReadonlySet<number> = new Set(),
): Promise<void> {
  const { store } = context
  if (isComplete) resolveLost(store, closed)
  await enforceRights(context)
  await new PushAppends(context).run()
  await pushMoves(context)
  for (const id of store.read.pending.changedFolders()) {
    const folder = store.read.findFolder(id)
    if (folder && isPushable(store, folder)) await refusable(context, folder.path, () => pushFolder(context, folder))
  }
}

/** What was sent and did not turn up in any folder waits another cycle: the server may be slow to show it. */
function resolveLost(store: Store, closed: ReadonlySet<number>): void {
  if (!store.read.pending.hasUnresolved()) return
  const unreadable = store.read.folders().filter(folder => folder.state === 'ok' && !isReadable(folder))
  const unknown = new Set([...closed, ...unreadable.map(({ id }) => id)])
  const lost = store.read.pending.inflight().filter(({ destination }) => !unknown.has(destination))
  store.transact(transactor => {
    transactor.push.giveUpSearched()
    for (const { item } of lost) transactor.push.searched(item)
  })
}

/** Tells whether changes of a folder may be sent now. Under a name that waits to be told the server has another folder. */
export function isPushable(store: Store, folder: FolderRow): boolean {
  const { state, isSelectable, isExcluded, uidValidity } = folder
  return state === 'ok' && isSelectable && !isExcluded && uidValidity !== undefined && !pendingFolders(store)(folder)
}

/** Runs what concerns one folder: a refused command is told, everything else ends the run. */
export async function refusable(context: PushContext, path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isFolderFailure(error)) throw error
    context.log.warn({ code: error.code }, 'a change was refused')
    context.onRefused({ folder: path, code: error.code, message: error.message })
  }
}

async function pushFolder(context: PushContext, folder: FolderRow): Promise<void> {
  const { store } = context
  const pending = store.read.pending
  const all = pending.deletions(folder.id, folder.uidValidity ?? 0)
  const isHeld = (all.length > 0 || folder.deletions === 'held') && holdsDeletions(context, folder)
  const doomedIn = (uidValidity: number) =>
    isHeld ? pending.leftovers(folder.id, uidValidity) : pending.deletions(folder.id, uidValidity)
  if (doomedIn(folder.uidValidity ?? 0).length + pending.flags(folder.id).length === 0) return
  const selected = await openForChanges(context, folder)
  if (!selected) return
  const { uidValidity } = selected
  const [doomed, changed] = [doomedIn(uidValidity), pending.flags(folder.id)]
  if (selected.readOnly) {
    store.transact(({ readOnly }) => readOnly.note(folder.id, true)) // decided before the next PUSH
    return
  }
  const deletions = doomed.length > 0 ? [deletionBatch(context, folder.id, selected, doomed)] : []
  const refused = await sendByHalves([...deletions, ...(await flagBatches(store, selected, changed))])
  await noteRefused(context, folder, refused)
}

function deletionBatch(
  { store, remote }: PushContext,
  folder: number,
  selected: WritableFolder,
  doomed: readonly number[],
): ChangeBatch {
  const isOnlyMarked = !remote.features.uidPlus
  return {
    uids: doomed,
    send: async uids => {
      await selected.expunge(UidSet.of(uids))
      await inBlocks(store, uids, ({ push }, block) => push.expunged(folder, selected.uidValidity, block, isOnlyMarked))
    },
  }
}

/** Counts refusals of single messages; one that somebody has removed meanwhile is no failure. */
async function noteRefused(
  { store, log, onRefused }: PushContext,
  { id, path }: FolderRow,
  all: readonly RefusedChange[],
): Promise<void> {
  const refused = all.filter(({ error }) => refusalCode(error) !== EXPUNGE_ISSUED)
  const [first] = refused
  if (!first) return
  await inBlocks(store, refused, ({ readOnly }, block) => {
    for (const { uid, error } of block) readOnly.refused(id, uid, error.message)
  })
  const { code, message } = first.error
  log.warn({ folder: id, messages: refused.length, code }, 'changes of single messages were refused')
  onRefused({ folder: path, code, message })
}

/** Keeps deletions back when they are too many for a folder, until the user says that it is right. */
function holdsDeletions({ store, clock, onRefused }: PushContext, folder: FolderRow): boolean {
  const loss = findMassDeletionHere(store, folder.id, clock())
  // First everything is brought back that is to be.
  if (folder.consent === 'restore' && (loss || folder.deletions === 'held')) return true
  if (!loss) {
    if (folder.deletions === 'held') store.transact(({ held }) => held.releaseDeletions(folder.id))
    return false
  }
  if (folder.deletions === 'held' && folder.error?.code === 'SYNC_DELETIONS_HELD') return true // was told
  const { code, message } = deletionsHeld(loss)
  store.transact(({ held }) => held.holdDeletions(folder.id, { code, message }))
  onRefused({ folder: folder.path, code, message })
  return true
}
