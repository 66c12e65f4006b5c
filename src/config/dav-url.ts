/** A server of calendars and address books, read from a URL such as `https://dav.example.org/`. */
export interface DavUrl {
  readonly host: string
  readonly port: number
  readonly security: 'none' | 'tls'
  /** Where its account is looked for. */
  readonly url: string
}

const DEFAULT_PORTS = { 'http:': 80, 'https:': 443 } as const

/** Reads a DAV server's URL; undefined when it is none. A user or password in it is refused: both have places of their own. */
export function parseDavUrl(text: string): DavUrl | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined
  if (url.username !== '' || url.password !== '' || url.hash !== '' || url.hostname === '') return undefined
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port),
    security: url.protocol === 'https:' ? 'tls' : 'none',
    url: url.href,
  }
}
