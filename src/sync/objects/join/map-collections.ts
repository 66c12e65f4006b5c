import { posix } from 'node:path'
import type { JoinablePlace } from '../../../store/queries/join-queries.ts'
import { kindOf } from '../plan-collections.ts'
import type { CalendarComponent, ListedCollection } from '../remote-collections.ts'

const MAIN_COMPONENTS: Readonly<Record<JoinablePlace['kind'], CalendarComponent | undefined>> = {
  calendar: 'VEVENT',
  tasks: 'VTODO',
  notes: 'VJOURNAL',
  contacts: undefined,
}

/** A collection that is here, with what is in it. */
export interface HeldCollection extends JoinablePlace {
  /** The components of what is in it, each once; none for an address book. */
  readonly holds: readonly CalendarComponent[]
}

/** A collection that is here, and its place in the account. */
export interface MappedCollection {
  readonly place: HeldCollection
  readonly listed: ListedCollection
}

/**
 * Finds the collections of an account that those here are, kind by kind: of the same place on the server; made for this one
 * before; of the same name, and under the same last part of the place if several have it; else the only one of its kind, where
 * only one is here. One in which nothing can be changed is none for what can be changed here, nor is one that does not take it.
 * Those that are left are new to the account. Pure.
 *
 * @param only the kinds of which both sides have one, also counting those that have their places already
 */
export function mapCollections(
  places: readonly HeldCollection[],
  listed: readonly ListedCollection[],
  only: ReadonlySet<JoinablePlace['kind']> = onlyKinds(places, listed),
): readonly MappedCollection[] {
  const free = new Set(listed)
  const mapped = new Map<HeldCollection, ListedCollection>()
  const take = (isIt: (place: JoinablePlace, collection: ListedCollection) => boolean) => {
    for (const place of places) {
      if (mapped.has(place)) continue
      const found = [...free].find(collection => takes(collection, place) && isIt(place, collection))
      if (!found) continue
      free.delete(found)
      mapped.set(place, found)
    }
  }
  take(({ href }, collection) => href === collection.href)
  take(({ segment }, { href }) => href.endsWith(`/${segment}/`))
  const isOfKind = ({ kind }: JoinablePlace, collection: ListedCollection) => kindOf(collection) === kind
  const isNamed = (place: JoinablePlace, { name }: ListedCollection) => [place.path, shownName(place)].includes(name)
  const isAtEnd = ({ href = '' }: JoinablePlace, each: ListedCollection) =>
    posix.basename(href) === posix.basename(each.href)
  take((place, each) => isOfKind(place, each) && isNamed(place, each) && isAtEnd(place, each))
  take((place, each) => isOfKind(place, each) && isNamed(place, each))
  take((place, { name }) => shownName(place).toLowerCase() === name.toLowerCase())
  take((place, each) => only.has(place.kind) && isOfKind(place, each))
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

/**
 * Whether what is here may be in it: what the collection is for, or all that is in it. Some servers let a calendar take
 * everything, whatever it was made for.
 */
function takes({ kind, components, isReadOnly }: ListedCollection, place: HeldCollection): boolean {
  if (isReadOnly && !place.isReadOnly) return false
  const wanted = MAIN_COMPONENTS[place.kind]
  if (wanted === undefined || kind === 'addressbook') return wanted === undefined && kind === 'addressbook'
  const isAllTaken = place.holds.length > 0 && place.holds.every(each => components.includes(each))
  return isAllTaken || components.includes(wanted)
}

/** The kinds of which there is one here and one there. */
export function onlyKinds(
  places: readonly JoinablePlace[],
  listed: readonly ListedCollection[],
): ReadonlySet<JoinablePlace['kind']> {
  const here = Map.groupBy(places, ({ kind }) => kind)
  const there = Map.groupBy(listed, kindOf)
  return new Set([...here.keys()].filter(kind => here.get(kind)?.length === 1 && there.get(kind)?.length === 1))
}
