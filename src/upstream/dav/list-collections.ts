import type { CalendarComponent, CollectionKind, ListedCollection } from '../../sync/objects/remote-collections.ts'
import type { Home } from './discovery.ts'
import { lastSegment, resolveHref } from './href.ts'
import { askProperties } from './http/ask-multistatus.ts'
import type { DavHttp } from './http/dav-http.ts'
import { failures } from './http/failures.ts'
import { childOf, childrenOf, wordOf } from './xml/elements.ts'
import type { ResourceAnswer } from './xml/multistatus.ts'
import { named, type PrefixedName } from './xml/names.ts'
import type { XmlElement } from './xml/xml-reader.ts'

const PROPERTIES = [
  ...['d:resourcetype', 'd:displayname', 'd:current-user-privilege-set', 'd:sync-token', 's:getctag'],
  ...['c:supported-calendar-component-set', 'c:calendar-description', 'c:max-resource-size', 'i:calendar-color'],
  ...['a:addressbook-description', 'a:max-resource-size'],
] as readonly PrefixedName[] // the spread loses what each of them is

const KINDS: Readonly<Record<CollectionKind, string>> = {
  calendar: named('c:calendar'),
  addressbook: named('a:addressbook'),
}
const DELETED = '{http://nextcloud.com/ns}deleted-calendar' // in the trash bin of Nextcloud
const COMPONENTS: readonly CalendarComponent[] = ['VEVENT', 'VTODO', 'VJOURNAL']
const CHANGING = ['d:all', 'd:write', 'd:write-content', 'd:bind', 'd:unbind'].map(name => named(name as PrefixedName))
const MAX_NAME_LENGTH = 250

/** A collection, and the URL that it has. */
export interface FoundCollection extends ListedCollection {
  readonly url: URL
}

/**
 * Lists the collections of a home.
 *
 * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
 */
export async function listHome(http: DavHttp, { kind, urls, collection }: Home): Promise<readonly FoundCollection[]> {
  const lists = urls.map(url => listAt(http, url, 1, kind))
  if (collection) lists.push(listAt(http, collection, 0, kind))
  return (await Promise.all(lists)).flat()
}

async function listAt(
  http: DavHttp,
  place: URL,
  depth: 0 | 1,
  kind: CollectionKind,
): Promise<readonly FoundCollection[]> {
  const asked = { url: place, depth, what: 'to list collections', properties: PROPERTIES } as const
  const { url: base, where, resources } = await askProperties(http, asked)
  const told = resources.filter(({ status }) => status === undefined || status <= 299)
  if (told.length === 0) throw failures.malformed(where, 'it does not say what is there')
  const found = told.flatMap(resource => collectionOf(resource, base, kind) ?? [])
  const foreign = resources.filter(({ href }) => resolveHref(href, base)?.host !== base.host).length
  if (foreign > 0) http.log.warn({ host: base.hostname, foreign }, 'collections of another host are ignored')
  return found
}

function collectionOf(resource: ResourceAnswer, base: URL, kind: CollectionKind): FoundCollection | undefined {
  const { href, properties } = resource
  const url = resolveHref(href, base)
  const types = childOf(properties, 'd:resourcetype')?.children.map(({ name }) => name) ?? []
  if (!url || url.host !== base.host || !types.includes(KINDS[kind]) || types.includes(DELETED)) return undefined
  const components = kind === 'calendar' ? componentsOf(properties) : []
  if (kind === 'calendar' && components.length === 0) return undefined // free/busy or availability alone
  if (url.pathname.startsWith('//')) return undefined // by itself it would name another host
  url.protocol = base.protocol // behind a proxy some servers do not know theirs
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  const prefix = kind === 'calendar' ? 'c' : 'a'
  return {
    kind,
    url,
    href: url.pathname,
    name: nameOf(wordOf(properties, 'd:displayname')) ?? nameOf(lastSegment(url.pathname)) ?? url.pathname,
    components,
    version: wordOf(properties, 's:getctag') ?? wordOf(properties, 'd:sync-token'),
    isReadOnly: isReadOnly(properties),
    color: colorOf(wordOf(properties, 'i:calendar-color')),
    description: wordOf(properties, kind === 'calendar' ? 'c:calendar-description' : 'a:addressbook-description'),
    maxObjectOctets: numberOf(wordOf(properties, `${prefix}:max-resource-size`)),
  }
}

// Without the property, everything may be in it (RFC 4791 section 5.2.3).
function componentsOf(properties: XmlElement): readonly CalendarComponent[] {
  const set = childOf(properties, 'c:supported-calendar-component-set')
  if (!set) return COMPONENTS
  const names = childrenOf(set, 'c:comp').map(({ attributes }) => attributes.name?.toUpperCase())
  return COMPONENTS.filter(name => names.includes(name))
}

function isReadOnly(properties: XmlElement): boolean {
  const set = childOf(properties, 'd:current-user-privilege-set')
  if (!set) return false
  const privileges = childrenOf(set, 'd:privilege').flatMap(({ children }) => children.map(({ name }) => name))
  return !privileges.some(name => CHANGING.includes(name))
}

function nameOf(text: string | undefined): string | undefined {
  return (
    text
      ?.replace(/[\x00-\x1f\x7f-\x9f\s]+/g, ' ')
      .trim()
      .slice(0, MAX_NAME_LENGTH) || undefined
  )
}

// Apple’s form has an alpha channel behind.
function colorOf(text: string | undefined): string | undefined {
  return /^#[0-9a-f]{6}(?=([0-9a-f]{2})?$)/i.exec(text ?? '')?.[0].toLowerCase()
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
