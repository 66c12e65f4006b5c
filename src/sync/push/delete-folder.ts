import type { FolderChange } from '../../store/queries/pending-changes.ts'
import { isRefusal } from '../refusal.ts'
import type { RemoteFolder, RemoteMail } from '../remote.ts'

/**
 * Deletes a folder on the server, with no mail in it that was not seen here: that would be lost. It gets another name
 * first, under which nobody puts mail any more, and is looked into then; with unseen mail it gets its name back, and the
 * next PLAN shows it. May be repeated after a crash at any step. False when it stays.
 */
export async function deleteSeenFolder(remote: RemoteMail, change: FolderChange): Promise<boolean> {
  const listed = await remote.listFolders()
  const aside = asideName(change)
  if (listed.some(({ path }) => path === aside)) return await deleteAside(remote, change)
  const folder = listed.find(({ path }) => path === change.path)
  if (!folder) return true
  if (folder.selectable && isUnknown(change, folder.status)) return false
  // A folder that holds others takes them along when it is renamed; a container holds no mail.
  const isPlain = folder.selectable && !listed.some(each => isBelow(each, folder))
  if (isPlain && (await renames(remote, change.path, aside))) return await deleteAside(remote, change)
  // Refused, or in use by others just now: then the moment in which mail may come is at least a short one.
  if (folder.selectable && isUnknown(change, await remote.status(change.path))) return false
  await remote.deleteFolder(change.path)
  return true
}

async function deleteAside(remote: RemoteMail, change: FolderChange): Promise<boolean> {
  const aside = asideName(change)
  const status = await remote.status(aside)
  if (!status || !isUnseen(change, status)) {
    await remote.deleteFolder(aside)
    return true
  }
  // Its old name may be in use again: then it keeps the new one, with its mail.
  return !(await renames(remote, aside, change.path))
}

/** Made anew under the name, it has other mail for the same UIDs. Under the name aside some servers number it anew. */
function isUnknown(change: FolderChange, status: RemoteFolder['status']): boolean {
  const isAnother = change.uidValidity !== undefined && status?.uidValidity !== change.uidValidity
  return isUnseen(change, status) || (isAnother && status?.messages !== 0)
}

function isUnseen({ uidNext }: FolderChange, status: RemoteFolder['status']): boolean {
  return uidNext === undefined ? status?.messages !== 0 : status?.uidNext !== uidNext
}

async function renames(remote: RemoteMail, path: string, newPath: string): Promise<boolean> {
  try {
    await remote.renameFolder(path, newPath)
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    return false
  }
}

/** The same for the same change, so that a run after a crash goes on with it. */
function asideName({ path, seq }: FolderChange): string {
  return `${path} (being deleted ${seq})`
}

function isBelow({ path }: RemoteFolder, { path: parent, delimiter }: RemoteFolder): boolean {
  return delimiter !== undefined && path.startsWith(`${parent}${delimiter}`)
}
