import { askFollowing, type HttpQuestion } from '../reach/http.ts'
import type { Reach } from '../reach/reach.ts'

const PROPFIND =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'

/** Where a DAV server begins, and how it wants to be signed in to. */
export type DavRoot =
  | { readonly kind: 'found'; readonly url: URL; readonly challenges: readonly string[]; readonly authenticate: string }
  | { readonly kind: 'none'; readonly says: string }

/**
 * Follows a well-known place to where the server begins (RFC 6764 section 5). Only what asks for a sign-in, or answers as DAV
 * does, counts: web servers answer all kinds of things under any name.
 *
 * @throws {PosternError} DISCOVER_…, NET_…, TLS_…; the signal's reason
 */
export async function findDavRoot(reach: Reach, place: URL, signal: AbortSignal): Promise<DavRoot> {
  const { status, challenges, authenticate, url } = await askFollowing(reach, questionFor(place), signal)
  if (status === 401) return { kind: 'found', url, challenges, authenticate }
  return status === 207
    ? { kind: 'found', url, challenges: [], authenticate: '' }
    : { kind: 'none', says: `HTTP status ${status}` }
}

/** The question that a DAV server answers with 207 to whom it knows (RFC 5397). */
export function questionFor(url: URL, authorization?: string): HttpQuestion {
  return {
    method: 'PROPFIND',
    url,
    headers: {
      depth: '0',
      'content-type': 'application/xml; charset=utf-8',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: PROPFIND,
  }
}
