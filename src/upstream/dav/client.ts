import type { PosternError } from '../../errors.ts'
import type { RemoteCollection } from '../../sync/objects/remote-collection.ts'
import type {
  CollectionKind,
  CollectionListing,
  ListedCollection,
  NewCollection,
  RemoteCollections,
} from '../../sync/objects/remote-collections.ts'
import { DavCollection } from './dav-collection.ts'
import { findHome, type Home, type HomeSearch, serviceName } from './discovery.ts'
import { DavHttp, type DavHttpOptions } from './http/dav-http.ts'
import { failures } from './http/failures.ts'
import { type FoundCollection, listHome } from './list-collections.ts'
import { makeCollection } from './make-collection.ts'

const KINDS = ['calendar', 'addressbook'] as const satisfies readonly CollectionKind[]

/** Where an account lies. `http:` in a URL is the user's own choice: then nothing is encrypted. */
export interface DavPlaces {
  /** A server, a context path, a principal, a home or one collection. */
  readonly url: URL
  /** Where the address books lie, if that is elsewhere; then `url` is for the calendars alone. */
  readonly addressBooks?: URL | undefined
}

/**
 * Makes the way to the calendars and address books of an account; nothing is connected to before something is asked for.
 * The signal ends all that is under way.
 */
export function connectDav(places: DavPlaces, options: DavHttpOptions, signal: AbortSignal): RemoteCollections {
  return new DavAccount(places, new DavHttp(options, signal))
}

class DavAccount implements RemoteCollections {
  readonly #places: DavPlaces
  readonly #http: DavHttp
  readonly #searches = new Map<CollectionKind, Promise<HomeSearch>>()
  readonly #urls = new Map<string, URL>()

  constructor(places: DavPlaces, http: DavHttp) {
    this.#places = places
    this.#http = http
  }

  async list(): Promise<CollectionListing> {
    const homes: Home[] = []
    // One after the other: a wrong password is to be tried once.
    for (const kind of KINDS) {
      const { home } = await this.#search(kind)
      if (home) homes.push(home)
      else if (this.#places.addressBooks) throw await this.#noService(kind)
    }
    if (homes.length === 0) throw await this.#noService(...KINDS)
    const collections = distinct((await Promise.all(homes.map(home => listHome(this.#http, home)))).flat())
    for (const each of collections) this.#urls.set(keyOf(each), each.url)
    return { collections: collections.map(({ url: _, ...rest }) => rest), kinds: homes.map(({ kind }) => kind) }
  }

  async create(collection: NewCollection): Promise<void> {
    const { home } = await this.#search(collection.kind)
    if (!home) throw await this.#noService(collection.kind)
    await makeCollection(this.#http, home, collection)
  }

  open(collection: Pick<ListedCollection, 'kind' | 'href'>): RemoteCollection {
    return new DavCollection({ http: this.#http, kind: collection.kind, url: () => this.#urlOf(collection) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http[Symbol.dispose]()
  }

  async #urlOf({ kind, href }: Pick<ListedCollection, 'kind' | 'href'>): Promise<URL> {
    const known = this.#urls.get(keyOf({ kind, href }))
    if (known) return known
    const { home } = await this.#search(kind)
    if (!home) throw await this.#noService(kind)
    const places = home.collection ? [home.collection, ...home.urls] : home.urls
    return new URL(href, places.find(({ pathname }) => href.startsWith(pathname)) ?? places[0])
  }

  #search(kind: CollectionKind): Promise<HomeSearch> {
    const known = this.#searches.get(kind) ?? findHome(this.#http, this.#placeOf(kind), kind)
    this.#searches.set(kind, known)
    known.catch(() => this.#searches.delete(kind)) // whoever waits is told; the next one looks again
    return known
  }

  async #noService(...kinds: readonly [CollectionKind, ...CollectionKind[]]): Promise<PosternError> {
    const { failure } = await this.#search(kinds[0])
    if (failure?.code === 'UPSTREAM_REDIRECT_REFUSED') return failure
    return failures.noService(this.#placeOf(kinds[0]).host, kinds.map(serviceName).join(' and no '), failure)
  }

  #placeOf(kind: CollectionKind): URL {
    const { url, addressBooks } = this.#places
    return kind === 'addressbook' ? (addressBooks ?? url) : url
  }
}

function distinct(collections: readonly FoundCollection[]): readonly FoundCollection[] {
  return [...new Map(collections.map(each => [keyOf(each), each])).values()]
}

function keyOf({ kind, href }: Pick<ListedCollection, 'kind' | 'href'>): string {
  return `${kind} ${href}`
}
