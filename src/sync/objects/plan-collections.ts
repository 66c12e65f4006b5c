import type { CollectionFacts } from '../../store/changes/collection-folders.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { CollectionListing, ListedCollection } from './remote-collections.ts'

const MAX_PATH_LENGTH = 900 // a folder's path has up to 1000

/** Takes over the server's list of collections. Gives those that have a place there, and are not there any longer. */
export function planCollections(store: Store, { collections, kinds }: CollectionListing): readonly FolderRow[] {
  const all = store.read.collections()
  const known = all.filter(({ joining }) => joining !== 'place')
  const taken = new Map([...store.read.folders(), ...all].map(({ path, id }) => [path.toLowerCase(), id]))
  const changed = collections.flatMap(listed => {
    const folder = known.find(each => isSame(each, listed))
    const path = nameFor(listed, folder, taken)
    taken.set(path.toLowerCase(), folder?.id ?? 0)
    const facts = { ...listed, kind: kindOf(listed), path }
    return isNews(facts, folder) ? [facts] : []
  })
  if (changed.length > 0) {
    store.transact(transactor => {
      for (const facts of changed) transactor.collections.put(facts)
    })
  }
  const isSeen = ({ kind }: FolderRow) => kinds.includes(kind === 'contacts' ? 'addressbook' : 'calendar')
  return known.filter(folder => isSeen(folder) && !collections.some(listed => isSame(folder, listed)))
}

/** What a collection is for. One that takes events is a calendar, whatever else it takes. */
export function kindOf({ kind, components }: ListedCollection): CollectionFacts['kind'] {
  if (kind === 'addressbook') return 'contacts'
  if (components.includes('VEVENT')) return 'calendar'
  return components.includes('VTODO') ? 'tasks' : 'notes'
}

/** What an open collection is known by. */
export function placeOf({ kind, href }: FolderRow): Pick<ListedCollection, 'kind' | 'href'> {
  return { kind: kind === 'contacts' ? 'addressbook' : 'calendar', href: href ?? '' }
}

function isSame(folder: FolderRow, { kind, href }: ListedCollection): boolean {
  return folder.href === href && (folder.kind === 'contacts') === (kind === 'addressbook')
}

function isNews(facts: CollectionFacts, known: FolderRow | undefined): boolean {
  if (!known) return true
  const { kind, path, isReadOnly, components } = known
  return (
    facts.kind !== kind ||
    facts.path !== path ||
    facts.isReadOnly !== (isReadOnly === true) ||
    facts.components.join() !== components.join()
  )
}

/** Its name on the server; with what it is for, and a number, where another folder is called like that. */
function nameFor(listed: ListedCollection, folder: FolderRow | undefined, taken: ReadonlyMap<string, number>): string {
  const name =
    listed.name
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, MAX_PATH_LENGTH) || listed.href
  const kind = kindOf(listed)
  // What it is called here already stays, as long as it fits: others may know it by that.
  if (folder && (folder.path === name || folder.path.startsWith(`${name} (${kind}`))) return folder.path
  const isFree = (path: string) => [undefined, folder?.id].includes(taken.get(path.toLowerCase()))
  if (isFree(name) && name.toLowerCase() !== 'inbox') return name
  for (let number = 1; ; number++) {
    const path = `${name} (${kind}${number === 1 ? '' : ` ${number}`})`
    if (isFree(path)) return path
  }
}
