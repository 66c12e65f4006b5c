import { PosternError } from '../../errors.ts'
import type { CollectionKind, NewCollection } from '../../sync/objects/remote-collections.ts'
import type { Home } from './discovery.ts'
import type { DavHttp } from './http/dav-http.ts'
import { failures } from './http/failures.ts'
import { listHome } from './list-collections.ts'
import { mkAddressBook, mkcalendar } from './xml/requests.ts'

const WHAT: Readonly<Record<CollectionKind, string>> = {
  calendar: 'to make a calendar',
  addressbook: 'to make an address book',
}
const MULTI_STATUS = 207 // some say by it which property they do not set, and make nothing

/**
 * Makes a collection in a home: MKCALENDAR (RFC 4791), extended MKCOL (RFC 5689). Whatever the server answers, one of its kind
 * that is there afterwards is made: the answer may have been lost before.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function makeCollection(http: DavHttp, home: Home, collection: NewCollection): Promise<void> {
  const [place] = home.urls
  const { kind, segment } = collection
  if (!place) throw noHome(home, kind)
  const url = new URL(`${segment}/`, place)
  try {
    const status = await ask(http, url, collection)
    if (status === MULTI_STATUS && !(await isThere(http, url, kind))) throw notMade(url, kind, status)
  } catch (error) {
    if (!isRefused(error) || !(await isThere(http, url, kind))) throw error
  }
}

async function ask(http: DavHttp, url: URL, { kind, name, components }: NewCollection): Promise<number> {
  const { status, discard } = await http.ask({
    ...(kind === 'calendar'
      ? { method: 'MKCALENDAR' as const, body: mkcalendar(name, components) }
      : { method: 'MKCOL' as const, body: mkAddressBook(name) }),
    url,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    what: WHAT[kind],
    accept: [200, 201, 204, MULTI_STATUS],
  })
  discard()
  return status
}

async function isThere(http: DavHttp, collection: URL, kind: CollectionKind): Promise<boolean> {
  try {
    return (await listHome(http, { kind, urls: [], collection })).length > 0
  } catch (error) {
    if (isRefused(error)) return false
    throw error
  }
}

function isRefused(error: unknown): error is PosternError {
  return error instanceof PosternError && error.code === 'UPSTREAM_REFUSED'
}

function noHome({ collection }: Home, kind: CollectionKind): PosternError {
  const says = 'the URL of the profile is that of one collection, in which there is no room for another'
  return failures.refused(collection?.host ?? '', WHAT[kind], says, { status: 405, conditions: [] })
}

function notMade({ host }: URL, kind: CollectionKind, status: number): PosternError {
  return failures.refused(host, WHAT[kind], `it sets no such properties (HTTP status ${status})`, {
    status,
    conditions: [],
  })
}
