import type { DeniedActions } from '../../store/changes/read-only-folders.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { SyncErrorCode } from '../errors.ts'
import { inBlocks } from '../in-blocks.ts'
import { isRefusal } from '../refusal.ts'
import type { PushContext } from './push-account.ts'

const NOTHING: DeniedActions = { append: false, remove: false, flags: false, seen: false }
const EVERYTHING: DeniedActions = { append: true, remove: true, flags: true, seen: true }
const READ_ONLY: SyncErrorCode = 'SYNC_READ_ONLY'

/**
 * Before PUSH: what the user has changed where the server takes no changes is undone, or, when the user wants to keep it,
 * marked and told once for each folder. No command that changes anything is sent for it.
 */
export async function enforceRights(context: PushContext): Promise<void> {
  const { store, settings } = context
  const touched = new Set(store.read.pending.touchedFolders())
  const blocked = new Set<number>()
  for (const folder of store.read.folders().filter(({ id }) => touched.has(id))) {
    const denied = await deniedIn(context, folder)
    const items = isAny(denied) ? store.transact(({ readOnly }) => readOnly.denied(folder.id, denied)) : []
    if (settings.revertReadOnly) {
      await inBlocks(store, items, ({ readOnly }, block) => readOnly.revert(folder.id, denied, block))
      tell(context, folder, 0)
      continue
    }
    for (const item of items) blocked.add(item)
    tell(context, folder, items.length)
  }
  await setBlocked(store, blocked)
}

/** Marks these items as blocked, and no others. */
async function setBlocked(store: Store, items: ReadonlySet<number>): Promise<void> {
  const before = new Set(store.read.pending.blocked())
  const fresh = [...items].filter(item => !before.has(item))
  const over = [...before].filter(item => !items.has(item))
  await inBlocks(store, fresh, ({ readOnly }, block) => readOnly.block(block))
  await inBlocks(store, over, ({ readOnly }, block) => readOnly.unblock(block))
}

/** Tells what MYRIGHTS does not allow (RFC 4314; `d` of RFC 2086 is all that deletes). */
export function deniedBy(rights: string | undefined): DeniedActions {
  if (rights === undefined) return NOTHING
  const has = (right: string) => rights.includes(right)
  const isOld = has('d') && !has('t') && !has('e')
  return { append: !has('i'), remove: !(isOld || (has('t') && has('e'))), flags: !has('w'), seen: !has('s') }
}

async function deniedIn(context: PushContext, folder: FolderRow): Promise<DeniedActions> {
  if (!folder.isSelectable || folder.isExcluded || folder.state !== 'ok') return NOTHING
  const denied = deniedBy(folder.rights)
  if (denied.append && denied.remove && denied.flags && denied.seen) return denied
  return (await isReadOnly(context, folder)) ? EVERYTHING : denied
}

// Without MYRIGHTS only SELECT tells: asked once, and again as long as the answer is yes.
async function isReadOnly({ store, remote }: PushContext, { id, path, rights, isReadOnly }: FolderRow) {
  if (isReadOnly === false || (isReadOnly === undefined && rights !== undefined)) return false
  try {
    const { readOnly: isNow } = await remote.select(path)
    if (isNow !== isReadOnly) store.transact(({ readOnly }) => readOnly.note(id, isNow))
    return isNow
  } catch (error) {
    if (isRefusal(error)) return false // it may be gone: what is sent to it makes it again, or is refused
    throw error
  }
}

function isAny({ append, remove, flags, seen }: DeniedActions): boolean {
  return append || remove || flags || seen
}

function tell({ store, onRefused }: PushContext, { id, path, error }: FolderRow, blocked: number): void {
  const wasTold = error?.code === READ_ONLY
  if (blocked === 0) {
    if (wasTold) store.transact(transactor => transactor.setFolderError(id, undefined))
    return
  }
  if (wasTold) return
  const message = `The server takes no such changes in ${JSON.stringify(path)}: ${blocked} stay on this computer only.`
  store.transact(transactor => transactor.setFolderError(id, { code: READ_ONLY, message }))
  onRefused({ folder: path, code: READ_ONLY, message })
}
