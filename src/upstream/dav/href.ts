// Unreserved characters alone (RFC 3986 section 2.3), and not `.` or `..`.
const PLAIN_SEGMENT = /^(?!\.{1,2}$)[\w.~-]+$/

/** Where an href lies, seen from a collection. */
export type Place =
  | { readonly kind: 'member'; readonly href: string }
  /** The collection itself. */
  | { readonly kind: 'self' }
  /** A collection inside it. */
  | { readonly kind: 'collection' }
  /** On another server, in another collection, or no href at all. */
  | { readonly kind: 'foreign' }

/**
 * Resolves an href and writes its path in one way: two that mean the same resource are equal texts then. Undefined when
 * it is none, or none of HTTP.
 */
export function resolveHref(href: string, base: URL): URL | undefined {
  if (!URL.canParse(href, base.href)) return undefined
  const url = new URL(href, base)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  url.pathname = normalPath(url.pathname)
  return url
}

/**
 * Writes a path in one way. Everything but the unreserved characters is percent-encoded in each segment, since some
 * servers take a bare `;` or `+` for more than itself; what is no UTF-8 stays as it is.
 */
export function normalPath(path: string): string {
  return path.split('/').map(normalSegment).join('/')
}

function normalSegment(segment: string): string {
  if (PLAIN_SEGMENT.test(segment)) return segment
  try {
    return encodeURIComponent(decodeURIComponent(segment)).replace(/[!'()*]/g, percent)
  } catch {
    return segment.replace(/%[0-9a-f]{2}/gi, triplet => triplet.toUpperCase())
  }
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

/** Tells where an href lies, seen from a collection whose URL is normal and ends in `/`. */
export function placeOf(href: string, collection: URL): Place {
  const path = pathAt(href, collection)
  if (path === undefined) return { kind: 'foreign' }
  if (path === collection.pathname || `${path}/` === collection.pathname) return { kind: 'self' }
  if (!path.startsWith(collection.pathname)) return { kind: 'foreign' }
  const name = path.slice(collection.pathname.length)
  if (!name.includes('/')) return { kind: 'member', href: path }
  return /^[^/]+\/$/.test(name) ? { kind: 'collection' } : { kind: 'foreign' }
}

// Of the many hrefs of an answer, nearly all need no parser of URLs.
function pathAt(href: string, collection: URL): string | undefined {
  const name = href.startsWith(collection.pathname) ? href.slice(collection.pathname.length) : ''
  if (PLAIN_SEGMENT.test(name)) return href
  const url = resolveHref(href, collection)
  return url?.host === collection.host ? url.pathname : undefined
}

/** The last segment of a path, decoded where it can be. */
export function lastSegment(path: string): string {
  const segment = path.replace(/\/+$/, '').replace(/^.*\//, '')
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
