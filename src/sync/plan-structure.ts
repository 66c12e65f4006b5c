import type { Store } from '../store/store.ts'
import type { RemoteFolder } from './remote.ts'

/** Takes over the server's list of folders. What the user has changed and the server does not know yet stays. */
export function planStructure(store: Store, listed: readonly RemoteFolder[]): void {
  const paths = new Set(listed.map(({ path }) => path))
  // What the server refused to change keeps the user's wish until it is given up.
  const pending = store.read.pending.folders().flatMap(({ path, newPath }) => [path, newPath ?? path])
  const isPending = ({ path, delimiter }: { path: string; delimiter: string | undefined }) =>
    pending.some(each => path === each || (delimiter && path.startsWith(`${each}${delimiter}`)))
  const gone = store.read.folders().filter(folder => !paths.has(folder.path) && !isPending(folder))
  store.transact(transactor => {
    for (const folder of listed.filter(folder => !isPending(folder))) {
      const { path, delimiter, role, objectId, rights, selectable } = folder
      const isExcluded = role === 'drafts'
      transactor.putFolder({ path, delimiter, role, objectId, rights, isSelectable: selectable, isExcluded })
    }
    for (const folder of gone) transactor.loseFolder(folder)
  })
}
