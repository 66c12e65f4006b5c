import type {
  CollectionChanges,
  Precondition,
  RemoteCollection,
  RemoteObject,
  WriteOutcome,
} from '../../sync/objects/remote-collection.ts'
import type { CollectionKind } from '../../sync/objects/remote-collections.ts'
import { readChanges } from './changes.ts'
import { matchable, writtenEtag } from './etag.ts'
import { placeOf } from './href.ts'
import type { DavHttp } from './http/dav-http.ts'
import { readObjects } from './read-objects.ts'

const CONTENT_TYPES: Readonly<Record<CollectionKind, string>> = {
  calendar: 'text/calendar; charset=utf-8',
  addressbook: 'text/vcard; charset=utf-8',
}

/** What {@link DavCollection} works with. */
export interface DavCollectionOptions {
  readonly http: DavHttp
  readonly kind: CollectionKind
  /** Finds the collection's URL: normal, ending in `/`. */
  readonly url: () => Promise<URL>
}

/** A calendar or an address book of a DAV server. */
export class DavCollection implements RemoteCollection {
  readonly #http: DavHttp
  readonly #kind: CollectionKind
  readonly #url: () => Promise<URL>

  constructor({ http, kind, url }: DavCollectionOptions) {
    this.#http = http
    this.#kind = kind
    this.#url = url
  }

  async changes(token: string | undefined): Promise<CollectionChanges> {
    return readChanges({ http: this.#http, url: await this.#url() }, token)
  }

  async *read(hrefs: readonly string[]): AsyncGenerator<RemoteObject> {
    yield* readObjects({ http: this.#http, kind: this.#kind, url: await this.#url() }, hrefs)
  }

  async write(href: string, octets: Buffer, precondition: Precondition): Promise<WriteOutcome> {
    const { status, headers, discard } = await this.#http.ask({
      method: 'PUT',
      url: await this.#memberUrl(href),
      headers: { 'content-type': CONTENT_TYPES[this.#kind], ...conditionOf(precondition) },
      body: octets,
      what: 'to store an object',
      // One that is to be replaced and is not there: some servers say so instead of 412.
      accept: [200, 201, 204, 412, ...(precondition === 'absent' ? [] : [404, 410])],
    })
    discard()
    return status >= 400 ? { kind: 'conflict' } : { kind: 'done', etag: writtenEtag(headers.etag) }
  }

  async remove(href: string, precondition: { readonly etag: string }): Promise<WriteOutcome> {
    const url = await this.#memberUrl(href)
    const { status, discard } = await this.#http.ask({
      method: 'DELETE',
      url,
      headers: conditionOf(precondition),
      what: 'to delete an object',
      accept: [200, 202, 204, 404, 410, 412],
    })
    discard()
    // What is not there matches no ETag either (RFC 9110 section 13.1.1).
    const isConflict = status === 412 && (await this.#isThere(url))
    return isConflict ? { kind: 'conflict' } : { kind: 'done', etag: undefined }
  }

  async #isThere(url: URL): Promise<boolean> {
    const accept = [200, 204, 403, 404, 405, 410, 501]
    const { status, discard } = await this.#http.ask({ method: 'HEAD', url, what: 'to say what is there', accept })
    discard()
    return status !== 404 && status !== 410
  }

  async #memberUrl(href: string): Promise<URL> {
    const url = await this.#url()
    if (placeOf(href, url).kind !== 'member') throw new Error(`an object outside of its collection ${url.pathname}`)
    return new URL(href, url)
  }
}

function conditionOf(precondition: Precondition): Record<string, string> {
  if (precondition === 'absent') return { 'if-none-match': '*' }
  return { 'if-match': matchable(precondition.etag) }
}
