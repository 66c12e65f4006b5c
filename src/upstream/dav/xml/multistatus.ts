import { childOf, childrenOf, wordOf } from './elements.ts'
import { named } from './names.ts'
import { type XmlElement, XmlError, XmlReader } from './xml-reader.ts'

/** What a multistatus says of one resource (RFC 4918 section 14.24). */
export interface ResourceAnswer {
  readonly kind: 'resource'
  /** As it stands there. */
  readonly href: string
  /** Of the resource as a whole; undefined where its properties have one each. */
  readonly status: number | undefined
  /** The properties that it has, as children. */
  readonly properties: XmlElement
  /** What DAV:error says in this response. */
  readonly error: XmlElement | undefined
}

/** Where the next delta begins (RFC 6578 section 6.4). */
export interface TokenAnswer {
  readonly kind: 'token'
  readonly token: string
}

/** One part of a multistatus. */
export type MultistatusPart = ResourceAnswer | TokenAnswer

const MULTISTATUS = named('d:multistatus')
const RESPONSE = named('d:response')
const TOKEN = named('d:sync-token')

/**
 * Reads a multistatus (RFC 4918 section 13) as its octets arrive: gives what each chunk has completed.
 *
 * @throws {XmlError} when it is none, or not all of it
 */
export async function* readMultistatus(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly MultistatusPart[]> {
  const reader = new XmlReader()
  for await (const chunk of chunks) {
    const elements = reader.push(chunk)
    if (reader.root !== undefined && reader.root !== MULTISTATUS) throw new XmlError('it is no multistatus')
    if (elements.length > 0) yield elements.flatMap(partsOf)
  }
  const rest = reader.end().flatMap(partsOf)
  if (reader.root !== MULTISTATUS) throw new XmlError('it is no multistatus')
  yield rest
}

function partsOf(element: XmlElement): readonly MultistatusPart[] {
  if (element.name === TOKEN) return [{ kind: 'token', token: element.text.trim() }]
  return element.name === RESPONSE ? answersOf(element) : []
}

// A response has a status and any number of hrefs, or one href and properties (RFC 4918 section 14.24).
function answersOf(response: XmlElement): readonly ResourceAnswer[] {
  const status = statusOf(wordOf(response, 'd:status'))
  const hrefs = childrenOf(response, 'd:href')
  if (hrefs.length === 0) throw new XmlError('it has a response without an href')
  const properties = foundIn(response)
  const error = childOf(response, 'd:error')
  return hrefs.map(({ text }) => ({ kind: 'resource', href: text.trim(), status, properties, error }))
}

function foundIn(response: XmlElement): XmlElement {
  const found = childrenOf(response, 'd:propstat').filter(propstat => {
    const status = statusOf(wordOf(propstat, 'd:status'))
    return status === undefined || (status >= 200 && status <= 299)
  })
  const children = found.flatMap(propstat => childOf(propstat, 'd:prop')?.children ?? [])
  return { name: named('d:prop'), attributes: {}, children, text: '' }
}

// `HTTP/1.1 404 Not Found`
function statusOf(line: string | undefined): number | undefined {
  if (line === undefined) return undefined
  const [, code] = /^HTTP\/\d(?:\.\d)? (\d{3})\b/.exec(line) ?? []
  if (code === undefined) throw new XmlError('it has a status that is none')
  return Number(code)
}
