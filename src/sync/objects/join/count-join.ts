import type { JoinablePlace } from '../../../store/queries/join-queries.ts'
import type { Store } from '../../../store/store.ts'
import { isRefusal } from '../../refusal.ts'
import type { CollectionListing, ListedCollection, RemoteCollections } from '../remote-collections.ts'
import { joinedKind } from './join-collection.ts'
import type { MappedCollection } from './map-collections.ts'
import { findPlaces, kindThere } from './place-collections.ts'
import { surveyCollection } from './survey-collection.ts'

/** What joining the local calendars and address books with an account would do, in entries. */
export interface JoinCounts {
  /** What is here. */
  readonly local: number
  /** What the account has. */
  readonly account: number
  /** What both have and says the same, or was changed on one side only. */
  readonly same: number
  /**
   * Of what both have, what differs: the profile's setting decides, and the version that loses is kept. So is what is here alone
   * of a collection that takes no changes.
   */
  readonly differing: number
  /** Not what the account has no home for: that stays here. */
  readonly upload: number
  readonly download: number
  /** What was deleted here and is there as it was: it is deleted there. */
  readonly deleted: number
  /** The names of collections that the account lacks. */
  readonly newCollections: readonly string[]
}

/** What is compared. */
export interface JoinCountContext {
  readonly store: Pick<Store, 'read'>
  readonly remote: RemoteCollections
  /** Which account's the remote collections are. */
  readonly account: string
  readonly signal: AbortSignal
  /** A collection is being read. */
  readonly onFolder: (path: string) => void
}

type Counts = Omit<JoinCounts, 'newCollections'>

/**
 * Counts what joining would do; neither side is changed.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function countJoin(context: JoinCountContext): Promise<JoinCounts> {
  const { store, remote } = context
  const places = store.read.join.places().map((place): JoinablePlace => ({ ...place, joining: 'place' }))
  const listing = await remote.list()
  const { mapped } = findPlaces(store, places, listing)
  const found = new Set(mapped.map(({ place }) => place.id))
  const left = places.filter(({ id }) => !found.has(id))
  const isMade = ({ kind }: JoinablePlace) => listing.kinds.includes(kindThere(kind))
  const all: Counts[] = left.map(place => countAlone(store, place, isMade(place)))
  for (const each of mapped) {
    all.push(await unlessRefused(countAlone(store, each.place, false), countMapped(context, each)))
  }
  for (const listed of unmapped(listing, mapped)) all.push(await unlessRefused(NONE, countNew(context, listed)))
  return { ...all.reduce(sum, NONE), newCollections: left.filter(isMade).map(({ path }) => path) }
}

// Of a collection that may not be read nothing is done, and the others go on.
async function unlessRefused(refused: Counts, counting: Promise<Counts>): Promise<Counts> {
  try {
    return await counting
  } catch (error) {
    if (isRefusal(error)) return refused
    throw error
  }
}

async function countMapped(context: JoinCountContext, { place, listed }: MappedCollection): Promise<Counts> {
  const { store, remote, account, signal, onFolder } = context
  onFolder(place.path)
  const survey = await surveyCollection({ store, remote: remote.open(listed), signal }, place.id)
  const kinds = survey.pairs.map(pair => ({ ...pair, kind: joinedKind(pair, place.knownOf === account) }))
  const alive = kinds.filter(({ local }) => !local.isGone)
  const { isReadOnly } = listed
  const deleted = isReadOnly ? 0 : kinds.filter(({ local, kind }) => local.isGone && kind === 'before').length
  const differing = alive.filter(({ kind }) => kind === 'differs').length
  const local = survey.local.filter(({ isGone }) => !isGone).length
  const alone = local - alive.length
  return {
    ...{ local, account: survey.account.length, same: alive.length - differing, deleted },
    differing: differing + (isReadOnly ? alone : 0),
    upload: isReadOnly ? 0 : alone,
    download: survey.account.length - alive.length - deleted,
  }
}

function countAlone(store: Pick<Store, 'read'>, { id }: JoinablePlace, isMade: boolean): Counts {
  const { items } = store.read.objects.counts(id)
  return { ...NONE, local: items, upload: isMade ? items : 0 }
}

async function countNew({ remote, onFolder }: JoinCountContext, listed: ListedCollection): Promise<Counts> {
  onFolder(listed.name)
  const { members } = await remote.open(listed).changes(undefined)
  return { ...NONE, account: members.length, download: members.length }
}

function unmapped(
  { collections }: CollectionListing,
  mapped: readonly MappedCollection[],
): readonly ListedCollection[] {
  const found = new Set(mapped.map(({ listed }) => listed))
  return collections.filter(listed => !found.has(listed))
}

const NONE: Counts = { local: 0, account: 0, same: 0, differing: 0, upload: 0, download: 0, deleted: 0 }

function sum(one: Counts, other: Counts): Counts {
  return {
    local: one.local + other.local,
    account: one.account + other.account,
    same: one.same + other.same,
    differing: one.differing + other.differing,
    upload: one.upload + other.upload,
    download: one.download + other.download,
    deleted: one.deleted + other.deleted,
  }
}
