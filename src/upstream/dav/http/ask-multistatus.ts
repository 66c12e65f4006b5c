import { type MultistatusPart, type ResourceAnswer, readMultistatus } from '../xml/multistatus.ts'
import type { PrefixedName } from '../xml/names.ts'
import { propfind } from '../xml/requests.ts'
import { XmlError } from '../xml/xml-reader.ts'
import type { DavHttp, DavQuestion } from './dav-http.ts'
import { failures } from './failures.ts'

const MAX_STREAM_OCTETS = 268_435_456 // a million members, listed
const MAX_HELD_OCTETS = 16_777_216 // the properties of some thousand collections

/** A question that a multistatus answers. */
export interface MultistatusQuestion extends Pick<DavQuestion, 'url' | 'what'> {
  readonly method: 'PROPFIND' | 'REPORT'
  readonly depth: 0 | 1
  readonly body: string
  /** The longest answer that is read. */
  readonly maxOctets?: number
}

/** A multistatus as it arrives. */
export interface MultistatusAnswer {
  /** Who answered, after redirects. */
  readonly url: URL
  readonly where: string
  readonly parts: AsyncGenerator<readonly MultistatusPart[]>
}

/**
 * Asks, and reads the answer while it arrives: nothing but the part in hand is held.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…; the signal's reason; so do the parts
 */
export async function askMultistatus(http: DavHttp, question: MultistatusQuestion): Promise<MultistatusAnswer> {
  const { method, url, depth, body, what, maxOctets = MAX_STREAM_OCTETS } = question
  const answer = await http.ask({
    ...{ method, url, body, what },
    headers: { depth: String(depth), 'content-type': 'application/xml; charset=utf-8' },
    accept: [207],
  })
  const { where } = answer
  return { url: answer.url, where, parts: explained(where, readMultistatus(answer.body(maxOctets))) }
}

/**
 * Asks for properties, and collects what is said of each resource.
 *
 * @throws {PosternError} as {@link askMultistatus}
 */
export async function askProperties(
  http: DavHttp,
  {
    properties,
    ...question
  }: Pick<MultistatusQuestion, 'url' | 'depth' | 'what'> & {
    readonly properties: readonly PrefixedName[]
  },
): Promise<{ readonly url: URL; readonly where: string; readonly resources: readonly ResourceAnswer[] }> {
  const asked = { ...question, method: 'PROPFIND' as const, body: propfind(properties), maxOctets: MAX_HELD_OCTETS }
  const { url, where, parts } = await askMultistatus(http, asked)
  const all = (await Array.fromAsync(parts)).flat()
  return { url, where, resources: all.filter(part => part.kind === 'resource') }
}

async function* explained<Part>(where: string, parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
  try {
    yield* parts
  } catch (error) {
    throw error instanceof XmlError ? failures.malformed(where, error.message, error) : error
  }
}
