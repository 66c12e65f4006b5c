/** How a connection to the real server is protected. */
export type Security = 'none' | 'starttls' | 'tls'

/** A server of the outside, read from a URL such as `imaps://mail.example.org`. */
export interface UpstreamUrl {
  readonly protocol: 'imap' | 'smtp' | 'sieve'
  readonly security: Security
  readonly host: string
  readonly port: number
}

interface Scheme extends Pick<UpstreamUrl, 'protocol' | 'security'> {
  readonly defaultPort: number
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  imap: { protocol: 'imap', security: 'none', defaultPort: 143 },
  'imap+starttls': { protocol: 'imap', security: 'starttls', defaultPort: 143 },
  imaps: { protocol: 'imap', security: 'tls', defaultPort: 993 },
  smtp: { protocol: 'smtp', security: 'none', defaultPort: 25 },
  'smtp+starttls': { protocol: 'smtp', security: 'starttls', defaultPort: 587 },
  smtps: { protocol: 'smtp', security: 'tls', defaultPort: 465 },
  // RFC 5804 section 3 knows `sieve:` alone, and no port but this; STARTTLS is what nearly all servers have.
  sieve: { protocol: 'sieve', security: 'starttls', defaultPort: 4190 },
  'sieve+starttls': { protocol: 'sieve', security: 'starttls', defaultPort: 4190 },
  sieves: { protocol: 'sieve', security: 'tls', defaultPort: 4190 },
  'sieve+cleartext': { protocol: 'sieve', security: 'none', defaultPort: 4190 },
}

/** Reads a server's URL; undefined when it is none. A user or password in it is refused: both have places of their own. */
export function parseUpstreamUrl(text: string): UpstreamUrl | undefined {
  const [, scheme = '', bracketed, plain, port] =
    /^([a-z+]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?\/?$/.exec(text) ?? []
  const found = SCHEMES[scheme]
  const host = bracketed ?? plain
  if (!found || !host) return undefined
  const number = port === undefined ? found.defaultPort : Number(port)
  if (number < 1 || number > 65_535) return undefined
  return { protocol: found.protocol, security: found.security, host: host.toLowerCase(), port: number }
}
