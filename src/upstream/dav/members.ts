import type { CollectionChanges, RemoteMember } from '../../sync/objects/remote-collection.ts'
import { normalEtag } from './etag.ts'
import { type Place, placeOf } from './href.ts'
import type { MultistatusAnswer } from './http/ask-multistatus.ts'
import type { DavHttp } from './http/dav-http.ts'
import { failures } from './http/failures.ts'
import { childOf, wordOf } from './xml/elements.ts'
import type { ResourceAnswer } from './xml/multistatus.ts'

const MAX_MEMBERS = 500_000 // all of them are held

/** A collection of the server. */
export interface CollectionPlace {
  readonly http: DavHttp
  /** Normal, ending in `/`. */
  readonly url: URL
}

/** What one answer says beside the members. */
export interface Page {
  readonly token: string | undefined
  /** Whether there is more to be asked for, from the token on (RFC 6578 section 3.6). */
  readonly hasMore: boolean
  /** Whether it speaks of the collection itself. */
  readonly hasSelf: boolean
}

/** What was said of a collection's members so far; what is said later replaces what was said before. */
export class Members {
  readonly #place: CollectionPlace
  /** Undefined for those that are gone. */
  readonly #etags = new Map<string, string | undefined>()
  #foreign = 0
  #unreadable = 0

  constructor(place: CollectionPlace) {
    this.#place = place
  }

  /** @throws {PosternError} UPSTREAM_PROTOCOL, and what the answer throws */
  async take({ parts, where }: MultistatusAnswer): Promise<Page> {
    let token: string | undefined
    let [hasMore, hasSelf] = [false, false]
    for await (const some of parts) {
      for (const part of some) {
        if (part.kind === 'token') token = part.token
        else if (this.#note(part, where) === 'self') {
          hasSelf = true
          hasMore ||= part.status === 507
        }
      }
      if (this.#etags.size > MAX_MEMBERS) throw failures.malformed(where, `it has more than ${MAX_MEMBERS} members`)
    }
    return { token, hasMore, hasSelf }
  }

  /**
   * Sums up.
   *
   * @throws {PosternError} UPSTREAM_PROTOCOL when all would be gone because they lie elsewhere
   */
  changes(token: string | undefined, isFull: boolean): CollectionChanges {
    const { http, url } = this.#place
    const all = [...this.#etags]
    const members = all.flatMap(([href, etag]): readonly RemoteMember[] => (etag === undefined ? [] : [{ href, etag }]))
    const [foreign, unreadable] = [this.#foreign, this.#unreadable]
    if (unreadable > 0) http.log.warn({ host: url.hostname, unreadable }, 'members that may not be read are ignored')
    if (foreign > 0) http.log.warn({ host: url.hostname, foreign }, 'members outside of their collection are ignored')
    if (foreign > 0 && isFull && members.length === 0) {
      throw failures.malformed(url.host, 'all members lie outside of their collection')
    }
    const removed = all.flatMap(([href, etag]) => (etag === undefined ? [href] : []))
    return { token, isFull, members, removed: isFull ? [] : removed }
  }

  #note({ href, status, properties }: ResourceAnswer, where: string): Place['kind'] {
    const found = placeOf(href, this.#place.url)
    if (found.kind === 'foreign') this.#foreign++
    if (found.kind !== 'member') return found.kind
    if (status === 404 || status === 410) this.#etags.set(found.href, undefined)
    else if (status !== undefined && status >= 400) this.#unreadable++
    else if (!childOf(childOf(properties, 'd:resourcetype'), 'd:collection')) {
      const etag = normalEtag(wordOf(properties, 'd:getetag'))
      // Without one no change could be noticed, nor be made without overwriting another's.
      if (etag === undefined) throw failures.malformed(where, 'it has no ETag for a member')
      this.#etags.set(found.href, etag)
    }
    return found.kind
  }
}
