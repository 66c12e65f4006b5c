import { hostName } from './mail-address.ts'

/** What a server is for. */
export type OfferProtocol = 'imap' | 'smtp' | 'sieve' | 'caldav' | 'carddav'

/** A server that somebody says a mailbox is reached by. */
export interface Offer {
  readonly protocol: OfferProtocol
  /** `none` is told, and never used. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly host: string
  readonly port: number
  /** Of DAV: where to begin. */
  readonly path: string
  /** As `profile add` takes it. */
  readonly url: string
  /** The names to sign in with, the likeliest first. */
  readonly users: readonly string[]
  /** Whether the source itself named the user. */
  readonly isUserTold: boolean
  /** Why a person has to say yes before the password goes there; undefined when the mail domain itself vouches for it. */
  readonly doubt: string | undefined
}

/** What an offer is made of. */
export interface OfferParts extends Omit<Offer, 'url' | 'host' | 'path'> {
  readonly host: string
  readonly path?: string
}

const SCHEMES: Readonly<Record<OfferProtocol, Readonly<Record<Offer['security'], string>>>> = {
  imap: { tls: 'imaps', starttls: 'imap+starttls', none: 'imap' },
  smtp: { tls: 'smtps', starttls: 'smtp+starttls', none: 'smtp' },
  sieve: { tls: 'sieves', starttls: 'sieve', none: 'sieve+cleartext' },
  caldav: { tls: 'https', starttls: 'https', none: 'http' },
  carddav: { tls: 'https', starttls: 'https', none: 'http' },
}
// What a URL means without a port, by its scheme.
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  imaps: 993,
  'imap+starttls': 143,
  imap: 143,
  smtps: 465,
  'smtp+starttls': 587,
  smtp: 25,
  sieves: 4190,
  sieve: 4190,
  'sieve+cleartext': 4190,
  https: 443,
  http: 80,
}
const MAX_PORT = 65_535
const MAX_PATH_LENGTH = 1000
const MAX_USER_LENGTH = 320 // an e-mail address is shorter
const PATH = /^\/[\x21-\x7e]*$/

/** Makes an offer; undefined when the host is no name, the port is none, or a user is nobody's name. */
export function makeOffer({ host, path = '', ...parts }: OfferParts): Offer | undefined {
  const { protocol, security, port } = parts
  const name = hostName(host)
  const isPort = Number.isInteger(port) && port > 0 && port <= MAX_PORT
  const isPath = path === '' || (path.length <= MAX_PATH_LENGTH && PATH.test(path))
  const areUsers = parts.users.every(user => user.length <= MAX_USER_LENGTH && !/\p{Cc}/u.test(user))
  if (name === undefined || !isPort || !isPath || !areUsers) return undefined
  const scheme = SCHEMES[protocol][security]
  const shownPort = DEFAULT_PORTS[scheme] === port ? '' : `:${port}`
  return { ...parts, host: name, path, url: `${scheme}://${name}${shownPort}${path}` }
}

/** Makes an offer of a DAV server by its URL; undefined unless that is an https one. */
export function makeDavOffer(
  text: string,
  parts: Pick<Offer, 'users' | 'isUserTold' | 'doubt'> & { readonly protocol: 'caldav' | 'carddav' },
): Offer | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined
  const port = Number(url.port || DEFAULT_PORTS.https)
  return makeOffer({ ...parts, security: 'tls', host: url.hostname, port, path: `${url.pathname}${url.search}` })
}
