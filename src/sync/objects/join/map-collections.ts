import type { JoinablePlace } from '../../../store/queries/join-queries.ts'
import { kindOf } from '../plan-collections.ts'
import type { ListedCollection } from '../remote-collections.ts'

/** A collection that is here, and its place in the account. */
export interface MappedCollection {
  readonly place: JoinablePlace
  readonly listed: ListedCollection
}

/**
 * Finds the collections of an account that those here are, kind by kind: of the same place on the server; made for this one
 * before; of the same name; else the only one of its kind, where only one is here. One in which nothing can be changed is none
 * for what can be changed here. Those that are left are new to the account. Pure.
 */
export function mapCollections(
  places: readonly JoinablePlace[],
  listed: readonly ListedCollection[],
): readonly MappedCollection[] {
  const free = new Set(listed)
  const mapped = new Map<JoinablePlace, ListedCollection>()
  const take = (isIt: (place: JoinablePlace, collection: ListedCollection) => boolean) => {
    for (const place of places) {
      if (mapped.has(place)) continue
      const found = [...free].find(collection => fits(place, collection) && isIt(place, collection))
      if (!found) continue
      free.delete(found)
      mapped.set(place, found)
    }
  }
  take(({ href }, collection) => href === collection.href)
  take(({ segment }, { href }) => href.endsWith(`/${segment}/`))
  take(({ path, kind }, { name }) => path === name || shownName({ path, kind }) === name)
  take(({ path, kind }, { name }) => shownName({ path, kind }).toLowerCase() === name.toLowerCase())
  take(({ kind }) => isOnly(places, each => each.kind === kind) && isOnly(listed, each => kindOf(each) === kind))
  return places.flatMap(place => {
    const found = mapped.get(place)
    return found ? [{ place, listed: found }] : []
  })
}

/** What a collection is called, without what tells it here from another folder of the name. */
export function shownName({ path, kind }: Pick<JoinablePlace, 'path' | 'kind'>): string {
  const [, name] = new RegExp(`^(.+) \\(${kind}(?: \\d+)?\\)$`).exec(path) ?? []
  return name ?? path
}

function fits(place: JoinablePlace, collection: ListedCollection): boolean {
  return kindOf(collection) === place.kind && (place.isReadOnly || !collection.isReadOnly)
}

function isOnly<Each>(all: readonly Each[], isIt: (each: Each) => boolean): boolean {
  return all.filter(isIt).length === 1
}
