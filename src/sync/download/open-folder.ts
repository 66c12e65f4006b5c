import type { FolderRow } from '../../store/rows.ts'
import { type PlanContext, planWhole } from '../plan/plan-folder.ts'
import type { SelectedFolder, WritableFolder } from '../remote.ts'

/** Opens a folder for reading as PLAN knows it; undefined when it was numbered anew since: the next cycle knows. */
export async function openPlanned(context: PlanContext, folder: FolderRow): Promise<SelectedFolder | undefined> {
  const selected = await context.remote.examine(folder.path)
  return (await isPlanned(context, folder, selected)) ? selected : undefined
}

/** The same for changes. What is to be changed there is read afterwards: its UIDs may be new. */
export async function openForChanges(context: PlanContext, folder: FolderRow): Promise<WritableFolder | undefined> {
  const selected = await context.remote.select(folder.path)
  return (await isPlanned(context, folder, selected.contents)) ? selected : undefined
}

// Where UIDs hold for one session alone, PLAN is repeated in this one.
async function isPlanned(context: PlanContext, { id, path }: FolderRow, selected: SelectedFolder): Promise<boolean> {
  const folder = context.store.read.findFolder(id)
  if (folder?.path !== path) return false // renamed or deleted here meanwhile
  if (selected.uidsAreSticky) return selected.uidValidity === folder.uidValidity
  context.store.transact(transactor => transactor.loseUids(folder.id))
  await planWhole(context, folder, selected)
  return true
}
