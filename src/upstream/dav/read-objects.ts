import { PosternError } from '../../errors.ts'
import type { RemoteObject } from '../../sync/objects/remote-collection.ts'
import type { CollectionKind } from '../../sync/objects/remote-collections.ts'
import { normalEtag } from './etag.ts'
import { placeOf } from './href.ts'
import { askMultistatus } from './http/ask-multistatus.ts'
import { failures } from './http/failures.ts'
import type { CollectionPlace } from './members.ts'
import { childOf, wordOf } from './xml/elements.ts'
import type { ResourceAnswer } from './xml/multistatus.ts'
import { dataOf, multiget } from './xml/requests.ts'
import { MAX_TEXT_LENGTH } from './xml/xml-reader.ts'

const BLOCK = 50 // objects of one question: some servers refuse more than a hundred
const GONE: ReadonlySet<number> = new Set([404, 410])

/** Where objects are read, and what they are. */
export interface ObjectPlace extends CollectionPlace {
  readonly kind: CollectionKind
}

/**
 * Reads objects, a block at a time, one in memory. What a server leaves out of its answer, or cannot put into XML, is
 * asked for by itself: only what it says is not there is left out.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function* readObjects(place: ObjectPlace, hrefs: readonly string[]): AsyncGenerator<RemoteObject> {
  for (let at = 0; at < hrefs.length; at += BLOCK) yield* readBlock(place, hrefs.slice(at, at + BLOCK))
}

async function* readBlock(place: ObjectPlace, hrefs: readonly string[]): AsyncGenerator<RemoteObject> {
  const unread = new Set(hrefs)
  for await (const some of await partsOf(place, hrefs)) {
    for (const part of some) {
      const found = part.kind === 'resource' ? placeOf(part.href, place.url) : undefined
      if (part.kind !== 'resource' || found?.kind !== 'member' || !unread.has(found.href)) continue
      const object = objectOf(part, found.href, place.kind)
      if (object || GONE.has(part.status ?? 200)) unread.delete(found.href)
      if (object) yield object
    }
  }
  for (const href of unread) {
    const object = await readOne(place, href)
    if (object) yield object
  }
}

// A server that does not answer for many at a time does so one by one.
async function partsOf({ http, url, kind }: ObjectPlace, hrefs: readonly string[]) {
  const what = 'to give objects'
  try {
    return (await askMultistatus(http, { method: 'REPORT', url, depth: 0, what, body: multiget(kind, hrefs) })).parts
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'UPSTREAM_REFUSED') throw error
    http.log.debug({ host: url.hostname, kind }, 'objects are read one by one')
    return []
  }
}

function objectOf({ properties }: ResourceAnswer, href: string, kind: CollectionKind): RemoteObject | undefined {
  const etag = normalEtag(wordOf(properties, 'd:getetag'))
  const text = childOf(properties, dataOf(kind))?.text
  // U+FFFD stands for octets that were no UTF-8: they are to be had as they are.
  if (etag === undefined || text === undefined || text === '' || text.includes('\uFFFD')) return undefined
  return { href, etag, octets: Buffer.from(withLineEnds(text), 'utf8') }
}

// XML has one line end, and XML software makes LF of CRLF; both formats have CRLF (RFC 5545 section 3.1, RFC 6350 section 3.2).
function withLineEnds(text: string): string {
  return text.includes('\r') ? text : text.replaceAll('\n', '\r\n')
}

async function readOne({ http, url, kind }: ObjectPlace, href: string): Promise<RemoteObject | undefined> {
  const question = {
    method: 'GET',
    url: new URL(href, url),
    what: 'to give an object',
    accept: [200, 403, ...GONE],
  } as const
  const answer = await http.ask(question)
  if (answer.status !== 200) {
    answer.discard()
    if (answer.status === 403) http.log.warn({ host: url.hostname, kind }, 'an object may not be read')
    return undefined
  }
  const octets = Buffer.concat(await Array.fromAsync(answer.body(MAX_TEXT_LENGTH)))
  const etag = normalEtag(answer.headers.etag)
  if (etag === undefined) throw failures.malformed(answer.where, 'it has no ETag for an object')
  return { href, etag, octets }
}
