import type { CollectionKind } from '../../../sync/objects/remote-collections.ts'
import { NAMESPACES, type PrefixedName } from './names.ts'

const DECLARATIONS = Object.entries(NAMESPACES)
  .map(([prefix, space]) => `xmlns:${prefix}="${space}"`)
  .join(' ')

/** Asks for properties (RFC 4918 section 9.1). */
export function propfind(properties: readonly PrefixedName[]): string {
  return document('d:propfind', prop(properties))
}

/** Asks what has changed in a collection since a token; without one, for all that is there (RFC 6578 section 3.2). */
export function syncCollection(token: string | undefined): string {
  const inside = `<d:sync-token>${escaped(token ?? '')}</d:sync-token><d:sync-level>1</d:sync-level>`
  return document('d:sync-collection', `${inside}${prop(['d:getetag', 'd:resourcetype'])}`)
}

/** Asks for the content of objects (RFC 4791 section 7.9, RFC 6352 section 8.7). */
export function multiget(kind: CollectionKind, hrefs: readonly string[]): string {
  const [report, data] = MULTIGET[kind]
  const members = hrefs.map(href => `<d:href>${escaped(href)}</d:href>`).join('')
  return document(report, `${prop(['d:getetag', data])}${members}`)
}

/** Makes a calendar (RFC 4791 section 5.3.1). */
export function mkcalendar(name: string, components: readonly string[]): string {
  const set = components.map(each => `<c:comp name="${each}"/>`).join('')
  const takes = `<c:supported-calendar-component-set>${set}</c:supported-calendar-component-set>`
  return document('c:mkcalendar', setProperties(`${displayName(name)}${components.length === 0 ? '' : takes}`))
}

/** Makes an address book by MKCOL (RFC 5689 section 3, RFC 6352 section 6.3.1.1). */
export function mkAddressBook(name: string): string {
  const type = '<d:resourcetype><d:collection/><a:addressbook/></d:resourcetype>'
  return document('d:mkcol', setProperties(`${type}${displayName(name)}`))
}

/** The property that holds an object's content. */
export function dataOf(kind: CollectionKind): PrefixedName {
  return MULTIGET[kind][1]
}

const MULTIGET = {
  calendar: ['c:calendar-multiget', 'c:calendar-data'],
  addressbook: ['a:addressbook-multiget', 'a:address-data'],
} as const satisfies Record<CollectionKind, readonly [PrefixedName, PrefixedName]>

function document(root: PrefixedName, content: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><${root} ${DECLARATIONS}>${content}</${root}>`
}

function prop(properties: readonly PrefixedName[]): string {
  return `<d:prop>${properties.map(name => `<${name}/>`).join('')}</d:prop>`
}

function setProperties(properties: string): string {
  return `<d:set><d:prop>${properties}</d:prop></d:set>`
}

function displayName(name: string): string {
  return `<d:displayname>${escaped(name)}</d:displayname>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
