import { PosternError } from '../../errors.ts'
import type { CollectionKind } from '../../sync/objects/remote-collections.ts'
import { resolveHref } from './href.ts'
import { askProperties } from './http/ask-multistatus.ts'
import type { DavHttp } from './http/dav-http.ts'
import { failures } from './http/failures.ts'
import { assertTrusted } from './http/redirects.ts'
import { childOf, hrefsIn } from './xml/elements.ts'
import type { PrefixedName } from './xml/names.ts'
import type { XmlElement } from './xml/xml-reader.ts'

/** Where an account keeps the collections of a kind. */
export interface Home {
  readonly kind: CollectionKind
  /** What holds collections; normal, ending in `/`. */
  readonly urls: readonly URL[]
  /** What the user gave, where that is a collection: it may lie elsewhere, such as with another user. */
  readonly collection: URL | undefined
}

interface Service {
  readonly wellKnown: string
  readonly homeSet: PrefixedName
  readonly collection: PrefixedName
  readonly name: string
}

const SERVICES: Readonly<Record<CollectionKind, Service>> = {
  calendar: {
    wellKnown: '/.well-known/caldav', // RFC 6764 section 5
    homeSet: 'c:calendar-home-set', // RFC 4791 section 6.2.1
    collection: 'c:calendar',
    name: 'CalDAV',
  },
  addressbook: {
    wellKnown: '/.well-known/carddav',
    homeSet: 'a:addressbook-home-set', // RFC 6352 section 7.1.1
    collection: 'a:addressbook',
    name: 'CardDAV',
  },
}

/** What the protocol of a kind is called. */
export function serviceName(kind: CollectionKind): string {
  return SERVICES[kind].name
}

const WHAT = 'to say where the account lies'

// What a place says that speaks no DAV, does not know us, or is another one now: the next one is asked. What else fails
// concerns the whole server.
const PASSED_OVER: ReadonlySet<string> = new Set(['UPSTREAM_REFUSED', 'UPSTREAM_PROTOCOL', 'UPSTREAM_REDIRECT_REFUSED'])

/** What a search for a home has found; without one, why not, as far as it was said. */
export interface HomeSearch {
  readonly home: Home | undefined
  readonly failure: PosternError | undefined
}

/**
 * Looks for the home of a kind from the URL that the user gave (RFC 6764 section 6): a server, a context path, a principal,
 * a home, or one collection.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function findHome(http: DavHttp, given: URL, kind: CollectionKind): Promise<HomeSearch> {
  const wellKnown = new URL(SERVICES[kind].wellKnown, given)
  const root = new URL('/', given)
  const failures: PosternError[] = []
  for (const place of given.pathname === '/' ? [wellKnown, root] : [given, wellKnown, root]) {
    try {
      const home = await homeFrom(http, place, kind)
      if (home) return { home, failure: undefined }
    } catch (error) {
      if (!(error instanceof PosternError) || !PASSED_OVER.has(error.code)) throw error
      failures.push(error)
    }
  }
  const redirect = failures.find(({ code }) => code === 'UPSTREAM_REDIRECT_REFUSED')
  return { home: undefined, failure: redirect ?? failures[0] }
}

async function homeFrom(http: DavHttp, place: URL, kind: CollectionKind): Promise<Home | undefined> {
  const { homeSet, collection } = SERVICES[kind]
  let found = await describe(http, place, homeSet)
  const isStranger = childOf(childOf(found.properties, 'd:current-user-principal'), 'd:unauthenticated') !== undefined
  if (isStranger && http.signInUnasked(found.url)) found = await describe(http, found.url, homeSet)
  const principal = principalOf(http, found)
  const here = homesIn(http, found, kind)
  const urls = here.length > 0 || !principal ? here : homesIn(http, await describe(http, principal, homeSet), kind)
  const isCollection = childOf(childOf(found.properties, 'd:resourcetype'), collection) !== undefined
  if (urls.length === 0 && !isCollection) return undefined
  return { kind, urls, collection: isCollection ? asFolder(found.url) : undefined }
}

interface Described {
  readonly url: URL
  readonly properties: XmlElement
}

async function describe(http: DavHttp, place: URL, homeSet: PrefixedName): Promise<Described> {
  const properties = ['d:current-user-principal', 'd:resourcetype', homeSet] as const
  const { url, where, resources } = await askProperties(http, { url: place, depth: 0, what: WHAT, properties })
  const [resource] = resources
  if (!resource || (resource.status ?? 200) > 299)
    throw failures.malformed(where, 'it says nothing of what was asked for')
  return { url, properties: resource.properties }
}

function principalOf(http: DavHttp, { url, properties }: Described): URL | undefined {
  const [href] = hrefsIn(childOf(properties, 'd:current-user-principal'))
  return href === undefined ? undefined : trusted(http, href, url)
}

function homesIn(http: DavHttp, { url, properties }: Described, kind: CollectionKind): readonly URL[] {
  const hrefs = hrefsIn(childOf(properties, SERVICES[kind].homeSet))
  return hrefs.flatMap(href => trusted(http, href, url) ?? []).map(asFolder)
}

function trusted(http: DavHttp, href: string, base: URL): URL | undefined {
  const url = href === '' ? undefined : resolveHref(href, base)
  if (url) assertTrusted(base, url, http.trusted)
  return url
}

function asFolder(url: URL): URL {
  const folder = resolveHref(url.href, url) ?? url
  if (!folder.pathname.endsWith('/')) folder.pathname += '/'
  return folder
}
