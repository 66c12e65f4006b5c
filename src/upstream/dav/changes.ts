import { PosternError } from '../../errors.ts'
import type { CollectionChanges } from '../../sync/objects/remote-collection.ts'
import { askMultistatus, askProperties } from './http/ask-multistatus.ts'
import { failures } from './http/failures.ts'
import { type CollectionPlace, Members } from './members.ts'
import { wordOf } from './xml/elements.ts'
import { propfind, syncCollection } from './xml/requests.ts'

const MAX_PAGES = 100_000 // Google has 230 members on one
const CTAG = 'postern-ctag:' // before a getctag that stands in for a token; those of servers are URIs (RFC 6578 section 4)
const WHAT = 'to say what has changed'

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
    place.http.log.debug({ host: place.url.hostname }, 'a sync token is not valid any more')
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
  const answer = await askMultistatus(place.http, {
    ...{ method: 'PROPFIND', url: place.url, depth: 1, what: WHAT },
    body: propfind(['d:getetag', 'd:resourcetype']),
  })
  const { hasMore, hasSelf } = await members.take(answer)
  // What is not in the list counts as removed: half a list is none.
  if (hasMore || !hasSelf) throw failures.malformed(answer.where, 'its list of members is not whole')
  return members.changes(ctag, true)
}

async function readCtag({ http, url }: CollectionPlace): Promise<string | undefined> {
  const { resources } = await askProperties(http, { url, depth: 0, what: WHAT, properties: ['s:getctag'] })
  const ctag = wordOf(resources[0]?.properties, 's:getctag')
  return ctag === undefined ? undefined : `${CTAG}${ctag}`
}
