import { PosternError } from '../../errors.ts'
import type { CollectionChanges, RemoteMember } from '../../sync/objects/remote-collection.ts'
import { normalEtag } from './etag.ts'
import { type Place, placeOf } from './href.ts'
import { askMultistatus, askProperties, type MultistatusAnswer } from './http/ask-multistatus.ts'
import type { DavHttp } from './http/dav-http.ts'
import { failures } from './http/failures.ts'
import { childOf, wordOf } from './xml/elements.ts'
import type { ResourceAnswer } from './xml/multistatus.ts'
import { propfind, syncCollection } from './xml/requests.ts'

const MAX_PAGES = 100_000 // Google has 230 members on one
const CTAG = 'postern-ctag:' // before a getctag that stands in for a token; those of servers are URIs (RFC 6578 section 4)
const WHAT = 'to say what has changed'

/** A collection of the server. */
export interface CollectionPlace {
  readonly http: DavHttp
  /** Normal, ending in `/`. */
  readonly url: URL
}

/**
 * Says what has become of a collection since a token: by sync-collection (RFC 6578), else by its getctag and a list of all
 * ETags. A token that the server refuses begins anew.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function readChanges(place: CollectionPlace, token: string | undefined): Promise<CollectionChanges> {
  if (token?.startsWith(CTAG)) return (await unchanged(place, token)) ?? readAll(place)
  if (token === undefined) return readAll(place)
  try {
    return await readSince(place, token)
  } catch (error) {
    // Most name valid-sync-token (RFC 6578 section 3.8), some 400, 409, 410 or a mistake of their own.
    if (!isRefused(error)) throw error
    place.http.log.debug({ host: place.url.hostname, status: error.message }, 'a sync token is not valid any more')
    return readAll(place)
  }
}

async function readAll(place: CollectionPlace): Promise<CollectionChanges> {
  try {
    return await readSince(place, undefined)
  } catch (error) {
    if (!isRefused(error)) throw error
    return listAll(place)
  }
}

function isRefused(error: unknown): error is PosternError {
  return error instanceof PosternError && error.code === 'UPSTREAM_REFUSED'
}

async function readSince(place: CollectionPlace, token: string | undefined): Promise<CollectionChanges> {
  const members = new Members(place)
  let next = token
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const answer = await askMultistatus(place.http, {
      ...{ method: 'REPORT', url: place.url, depth: 0, what: WHAT },
      body: syncCollection(next),
    })
    const page = await members.take(answer)
    if (page.token === undefined || (page.hasMore && page.token === next)) {
      throw failures.malformed(answer.where, 'it gives no sync token to go on with')
    }
    next = page.token
    if (!page.hasMore) return members.changes(next, token === undefined)
  }
  throw failures.malformed(place.url.host, `its answer has more than ${MAX_PAGES} pages`)
}

async function unchanged(place: CollectionPlace, token: string): Promise<CollectionChanges | undefined> {
  const isSame = (await readCtag(place)) === token
  return isSame ? { token, isFull: false, members: [], removed: [] } : undefined
}

// The getctag is read before the members: what changes in between is seen next time once more.
async function listAll(place: CollectionPlace): Promise<CollectionChanges> {
  const ctag = await readCtag(place)
  const members = new Members(place)
  await members.take(
    await askMultistatus(place.http, {
      ...{ method: 'PROPFIND', url: place.url, depth: 1, what: WHAT },
      body: propfind(['d:getetag', 'd:resourcetype']),
    }),
  )
  return members.changes(ctag, true)
}

async function readCtag({ http, url }: CollectionPlace): Promise<string | undefined> {
  const { resources } = await askProperties(http, { url, depth: 0, what: WHAT, properties: ['s:getctag'] })
  const ctag = wordOf(resources[0]?.properties, 's:getctag')
  return ctag === undefined ? undefined : `${CTAG}${ctag}`
}

/** What was said of the members so far; what is said later replaces what was said before. */
class Members {
  readonly #place: CollectionPlace
  readonly #etags = new Map<string, string | undefined>()
  #foreign = 0
  #unreadable = 0

  constructor(place: CollectionPlace) {
    this.#place = place
  }

  async take({
    parts,
    where,
  }: MultistatusAnswer): Promise<{ readonly token: string | undefined; readonly hasMore: boolean }> {
    let token: string | undefined
    let hasMore = false
    for await (const part of parts) {
      if (part.kind === 'token') {
        token = part.token
        continue
      }
      const found = placeOf(part.href, this.#place.url)
      if (found.kind === 'self')
        hasMore ||= part.status === 507 // RFC 6578 section 3.6
      else this.#note(part, found, where)
    }
    return { token, hasMore }
  }

  changes(token: string | undefined, isFull: boolean): CollectionChanges {
    const { http, url } = this.#place
    const all = [...this.#etags]
    const members = all.flatMap(([href, etag]): readonly RemoteMember[] => (etag === undefined ? [] : [{ href, etag }]))
    if (this.#unreadable > 0) {
      http.log.warn({ host: url.hostname, unreadable: this.#unreadable }, 'members that may not be read are ignored')
    }
    if (this.#foreign > 0) {
      http.log.warn({ host: url.hostname, foreign: this.#foreign }, 'members outside of their collection are ignored')
      // Else everything here would count as removed.
      if (isFull && members.length === 0)
        throw failures.malformed(url.host, 'all members lie outside of their collection')
    }
    const removed = all.flatMap(([href, etag]) => (etag === undefined ? [href] : []))
    return { token, isFull, members, removed: isFull ? [] : removed }
  }

  #note({ status, properties }: ResourceAnswer, found: Place, where: string): void {
    if (found.kind === 'foreign') this.#foreign++
    if (found.kind !== 'member') return
    if (status === 404 || status === 410) this.#etags.set(found.href, undefined)
    else if (status !== undefined && status >= 400) this.#unreadable++
    if (status !== undefined && status >= 400) return
    if (childOf(childOf(properties, 'd:resourcetype'), 'd:collection')) return
    const etag = normalEtag(wordOf(properties, 'd:getetag'))
    // Without one no change could be noticed, nor be made without overwriting another's.
    if (etag === undefined) throw failures.malformed(where, 'it has no ETag for a member')
    this.#etags.set(found.href, etag)
  }
}
