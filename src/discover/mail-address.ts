import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { PosternError } from '../errors.ts'
import type { DiscoverErrorCode } from './errors.ts'

const MAX_ADDRESS_LENGTH = 254 // RFC 5321 section 4.5.3.1.3, as corrected: a path of 256 octets with its brackets
// Copied along from pages, they would make another user name; those that words of some scripts need (RFC 5892) are none of them.
const INVISIBLE = /[\p{Cf}--[\u200c\u200d]]/v
const HOST = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/

/** An e-mail address with what names of hosts are made of. */
export interface MailAddress {
  /** As it was typed. */
  readonly address: string
  readonly local: string
  /** In ASCII (RFC 5890) and lower case. */
  readonly domain: string
}

/** @throws {PosternError} DISCOVER_ADDRESS_INVALID */
export function parseMailAddress(text: string): MailAddress {
  const [, local, domain] = /^([^\s@<>"\p{Cc}]+)@([^\s@<>"\p{Cc}]+)$/u.exec(text) ?? []
  const host = domain === undefined ? undefined : hostName(domain)
  if (INVISIBLE.test(text)) throw invalid('The e-mail address holds a character that cannot be seen.')
  if (local && host !== undefined && text.length <= MAX_ADDRESS_LENGTH) return { address: text, local, domain: host }
  throw invalid(`${JSON.stringify(text.slice(0, MAX_ADDRESS_LENGTH))} is no e-mail address.`)
}

function invalid(says: string): PosternError {
  return new PosternError<DiscoverErrorCode>('DISCOVER_ADDRESS_INVALID', says, {
    remedy: 'user',
    advice: 'Write it like ada@example.org.',
  })
}

/** Reads the name of a host as DNS and certificates write it; undefined for an IP address and for what is no name. */
export function hostName(text: string): string | undefined {
  const bare = text.trim().replace(/\.$/, '')
  if (!/^[\w.\-\u{80}-\u{10ffff}]+$/u.test(bare)) return undefined // domainToASCII would leave out what follows a slash
  const name = domainToASCII(bare).toLowerCase()
  return HOST.test(name) && isIP(name) === 0 ? name : undefined
}

/** The names that a server may know a person by, the likeliest first (RFC 6186 section 4). */
export function userNamesOf({ address, local, domain }: MailAddress): readonly string[] {
  return [...new Set([address, `${local}@${domain}`, local])]
}

/** Tells whether a host is the domain itself or below it. */
export function isInside(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}
