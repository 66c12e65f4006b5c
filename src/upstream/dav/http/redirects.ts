import { failures } from './failures.ts'

const MAX_REDIRECTS = 5

// A change is repeated at another place only where HTTP says so (RFC 9110 section 15.4); old servers send readers with 302.
const FOR_ALL: ReadonlySet<number> = new Set([301, 307, 308])
const FOR_READERS: ReadonlySet<number> = new Set([302, 303])

/** Where a server may send us without a person's word. */
export interface Trusted {
  /** Hosts that a person approved, in lower case; one that begins with a dot stands for all hosts below. */
  readonly approvedHosts: readonly string[]
}

/**
 * Where a redirect leads; undefined when the answer is none.
 *
 * @throws {PosternError} UPSTREAM_REDIRECT_REFUSED
 */
export function redirectOf(
  {
    status,
    location,
    isReading,
  }: { readonly status: number; readonly location: string | undefined; readonly isReading: boolean },
  from: URL,
  { hops, approvedHosts }: Trusted & { readonly hops: number },
): URL | undefined {
  if (!FOR_ALL.has(status) && !(isReading && FOR_READERS.has(status))) return undefined
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw failures.redirected(from, location ?? 'no place', 'it is no URL')
  }
  if (hops >= MAX_REDIRECTS) throw failures.redirected(from, location, `there were ${MAX_REDIRECTS} redirects before`)
  const to = new URL(location, from)
  assertTrusted(from, to, { approvedHosts })
  return to
}

/**
 * Checks that we may go to a place that a server named, where the password goes as well: the same origin, the same host
 * over TLS, and over TLS hosts beside it (iCloud keeps accounts on such) and those that a person approved.
 *
 * @throws {PosternError} UPSTREAM_REDIRECT_REFUSED
 */
export function assertTrusted(from: URL, to: URL, { approvedHosts }: Trusted): void {
  if (to.origin === from.origin) return
  const place = `${to.protocol}//${to.host}`
  if (to.protocol !== 'https:') throw failures.redirected(from, place, 'it is not encrypted')
  const isKnown = to.hostname === from.hostname || isBeside(from.hostname, to.hostname)
  const isApproved = approvedHosts.some(each =>
    each.startsWith('.') ? to.hostname.endsWith(each) : to.hostname === each,
  )
  if (!isKnown && !isApproved) throw failures.redirected(from, place, 'it is another host')
}

// `caldav.icloud.com` and `p34-caldav.icloud.com`. A domain of two labels, the first of which is short, may be a
// registry's, such as `co.uk`.
function isBeside(host: string, other: string): boolean {
  if (/^[\d.]+$|^\[/.test(host)) return false
  const domain = host.split('.').slice(1)
  const [first = ''] = domain
  if (domain.length < 2 || (domain.length === 2 && first.length <= 3)) return false
  return other.endsWith(`.${domain.join('.')}`)
}
