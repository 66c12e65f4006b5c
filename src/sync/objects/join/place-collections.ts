import { PosternError } from '../../../errors.ts'
import { type ObjectKind, outlineOf } from '../../../formats/groupware/object-outline.ts'
import type { JoinableObject, JoinablePlace } from '../../../store/queries/join-queries.ts'
import type { Store } from '../../../store/store.ts'
import type { SyncErrorCode } from '../../errors.ts'
import type {
  CalendarComponent,
  CollectionListing,
  ListedCollection,
  NewCollection,
  RemoteCollections,
} from '../remote-collections.ts'
import { type HeldCollection, type MappedCollection, mapCollections, onlyKinds, shownName } from './map-collections.ts'

const WORDS: Readonly<Record<JoinablePlace['kind'], string>> = {
  calendar: 'calendar',
  contacts: 'address book',
  tasks: 'list of tasks',
  notes: 'list of notes',
}

const COMPONENTS: Readonly<Record<ObjectKind, CalendarComponent | undefined>> = {
  event: 'VEVENT',
  task: 'VTODO',
  note: 'VJOURNAL',
  contact: undefined,
}

/** What finding places works with. */
export interface PlaceContext {
  readonly store: Store
  readonly remote: RemoteCollections
  /** Does a step that concerns one collection; tells of it when it fails, so that the others go on. */
  readonly attempt: (place: JoinablePlace, step: () => Promise<void>) => Promise<void>
}

/** Gives those that wait for a place in the account, and the places that they have there. */
export function findPlaces(
  { read }: Pick<Store, 'read'>,
  places: readonly JoinablePlace[],
  { collections, kinds }: CollectionListing,
): { readonly waiting: readonly HeldCollection[]; readonly mapped: readonly MappedCollection[] } {
  const waiting = places
    .filter(({ joining, kind }) => joining === 'place' && kinds.includes(kindThere(kind)))
    .map(place => ({ ...place, holds: componentsOf(read.join.objects(place.id)) }))
  const others = places.filter(({ joining }) => joining !== 'place')
  const isFree = (listed: ListedCollection) =>
    !others.some(({ href, kind }) => href === listed.href && kindThere(kind) === listed.kind)
  const mapped = mapCollections(waiting, collections.filter(isFree), onlyKinds(places, collections))
  return { waiting, mapped }
}

/**
 * Finds the places of collections that wait for one, and makes those that the account lacks; each step can be repeated. One that
 * cannot be made keeps what is in it here, and is asked for again in the next run. Gives the list as it is then.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function placeCollections(context: PlaceContext, listing: CollectionListing): Promise<CollectionListing> {
  const { store, remote } = context
  const made = new Set<number>()
  for (const place of takePlaces(store, listing)) if (await makePlace(context, place)) made.add(place.id)
  if (made.size === 0) return listing
  const now = await remote.list()
  for (const place of takePlaces(store, now).filter(({ id }) => made.has(id))) {
    await context.attempt(place, async () => Promise.reject(notListed(place)))
  }
  return now
}

/** Gives those that have no place then. */
function takePlaces(store: Store, listing: CollectionListing): readonly JoinablePlace[] {
  const { waiting, mapped } = findPlaces(store, store.read.join.places(), listing)
  const found = new Map(mapped.map(({ place, listed }) => [place.id, listed.href]))
  const isNews = mapped.length > 0 || waiting.some(({ href }) => href !== undefined)
  if (isNews) {
    store.transact(({ collections }) => collections.place(waiting.map(({ id }) => ({ id, href: found.get(id) }))))
  }
  return store.read.join.places().filter(({ joining }) => joining === 'place')
}

async function makePlace({ store, remote, attempt }: PlaceContext, place: JoinablePlace): Promise<boolean> {
  let isMade = false
  await attempt(place, async () => {
    try {
      await remote.create(newCollection(place))
      isMade = true
    } catch (error) {
      if (!isRefused(error)) throw error
      if (store.read.objects.count(place.id) > 0) throw notMade(place, error)
      // There is nothing in it that anybody could miss.
      store.transact(({ collections }) => collections.lose(place.id))
    }
  })
  return isMade
}

function componentsOf(objects: Iterable<JoinableObject>): readonly CalendarComponent[] {
  const found = new Set<CalendarComponent>()
  for (const { octets, isGone } of objects) {
    const component = isGone ? undefined : COMPONENTS[outlineOf(octets).kind ?? 'contact']
    if (component) found.add(component)
  }
  return [...found]
}

/** What is to be made for a collection. */
export function newCollection({ kind, segment, path, components }: JoinablePlace): NewCollection {
  return { kind: kindThere(kind), segment, name: shownName({ path, kind }), components }
}

/** As what an account has it. */
export function kindThere(kind: JoinablePlace['kind']): ListedCollection['kind'] {
  return kind === 'contacts' ? 'addressbook' : 'calendar'
}

// By the server, or because the account has nothing of that kind.
function isRefused(error: unknown): error is PosternError {
  return error instanceof PosternError && (error.code === 'UPSTREAM_REFUSED' || error.code === 'UPSTREAM_PROTOCOL')
}

function notMade(place: JoinablePlace, cause: PosternError): PosternError {
  return notPlaced(place, `it cannot be made there: ${cause.message.replace(/\.$/, '')}`, cause)
}

function notListed(place: JoinablePlace): PosternError {
  return notPlaced(place, 'it was made there, and is not listed')
}

function notPlaced({ path, kind }: JoinablePlace, why: string, cause?: PosternError): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_COLLECTION_NOT_MADE',
    `The account has no place for the ${WORDS[kind]} ${JSON.stringify(path)}; ${why}. What is in it stays here alone.`,
    {
      remedy: 'user',
      advice: `Make one of that name with the server’s own tools, and run \`postern sync\`: then it is joined with that.`,
      cause,
    },
  )
}
