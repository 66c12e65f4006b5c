import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { FolderFacts } from '../../store/transactor.ts'
import type { RemoteFolder } from '../remote.ts'
import { findRenames } from './find-renames.ts'
import { rolesOf } from './given-roles.ts'

/**
 * Takes over the server's list of folders. What the user has changed and the server does not know yet stays. True when
 * folders that the server lost are to be made again.
 */
export function planStructure(store: Store, listed: readonly RemoteFolder[]): boolean {
  const paths = new Set(listed.map(({ path }) => path))
  const isPending = pendingFolders(store)
  const known = new Map(store.read.folders().map(folder => [folder.path, folder]))
  // Every account has an Inbox (RFC 9051 section 5.1): a list without it is not all that there is.
  const isWhole = paths.has('INBOX')
  const absent = [...known.values()].filter(
    folder => isWhole && folder.state !== 'paused' && !paths.has(folder.path) && !isPending(folder),
  )
  const present = listed.filter(folder => !isPending(folder))
  const appeared = present.filter(({ path }) => !known.has(path))
  const renamed = absent.length > 0 ? findRenames(store, absent, appeared) : []
  const gone = absent.filter(({ id }) => !renamed.some(({ folder }) => folder.id === id))
  const byName = new Map([...known, ...renamed.map(({ folder, path }) => [path, folder] as const)])
  const roleOf = rolesOf(listed, byName)
  const facts = present.map(folder => factsOf(folder, roleOf(folder)))
  const changed = facts.filter(each => isNews(each, known.get(each.path)))
  const yielding = [...known.values()].filter(folder => !paths.has(folder.path) && isTaken(folder, listed))
  if (changed.length + gone.length + yielding.length === 0) return false // mostly: nothing is written, the disk is left alone
  return store.transact(transactor => {
    for (const { folder, path } of renamed) transactor.folders.renamedOnServer(folder, path)
    for (const facts of changed) transactor.putFolder(facts)
    for (const { id } of yielding) transactor.folders.yieldRole(id)
    return gone.filter(folder => transactor.loseFolder(folder)).length > 0
  })
}

// Of folders that the server does not know yet.
function isTaken({ role, givenRole }: FolderRow, listed: readonly RemoteFolder[]): boolean {
  return givenRole !== undefined && role === givenRole && listed.some(folder => folder.role === givenRole)
}

function factsOf({ path, delimiter, rights, selectable }: RemoteFolder, role: string | undefined): FolderFacts {
  return { path, delimiter, role, rights, isSelectable: selectable, isExcluded: role === 'drafts' }
}

// A folder that is gone is not among the known ones: what is listed again is news.
function isNews(facts: FolderFacts, known: FolderRow | undefined): boolean {
  const keys = ['delimiter', 'role', 'rights', 'isSelectable', 'isExcluded'] as const
  return !known || keys.some(key => facts[key] !== known[key])
}

/**
 * Tells of which folders the server does not know yet what the user has done to them, because it refused. They keep the
 * user's wish until it is given up, and what the server has under the name is not looked at.
 */
export function pendingFolders(store: Store): (folder: Pick<RemoteFolder, 'path' | 'delimiter'>) => boolean {
  const pending = store.read.pending.folders().flatMap(({ path, newPath }) => [path, newPath ?? path])
  return ({ path, delimiter }) =>
    pending.some(each => path === each || (delimiter && path.startsWith(`${each}${delimiter}`)))
}
