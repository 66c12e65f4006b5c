import { domainToASCII } from 'node:url'
import { z } from 'zod'

const SAMPLE_EMAIL = 'ada@example.org'
const TEMPLATE = /^(?:[^%]|%[eud%])+$/
const LDAP = /^(ldaps?):\/\/(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?\/([^?#]+)$/i
const DEFAULT_PORTS: Readonly<Record<string, number>> = { ldap: 389, ldaps: 636 }

/** Where the password of an account is changed. */
export type PasswordChangeUrl =
  /** The user's entry of a directory (RFC 4516), which knows Password Modify (RFC 3062). `ldap:` means StartTLS. */
  | {
      readonly kind: 'ldap'
      readonly security: 'tls' | 'starttls'
      readonly host: string
      readonly port: number
      readonly dn: string
    }
  /** A page that takes a form. */
  | { readonly kind: 'https'; readonly url: URL }

/** A template of such a URL: `%e` is the address, `%u` the part before the @, `%d` the domain, `%%` a percent sign. */
export const passwordChangeSetting = z
  .string()
  .refine(text => TEMPLATE.test(text), {
    error: 'may have %e (the address), %u (the part before the @), %d (the domain) and %% only',
  })
  .refine(text => parsePasswordChangeUrl(text, SAMPLE_EMAIL) !== undefined, {
    error:
      'must look like ldaps://HOST/uid=%u,ou=people,dc=example,dc=org, the same with ldap:// (StartTLS), or https://HOST/PATH',
  })

/**
 * Fills in a template for an address; undefined when that makes no URL of a place to change a password at. What comes
 * from the address is escaped: as part of a name in a directory (RFC 4514 section 2.4) or of a URL (RFC 3986).
 */
export function parsePasswordChangeUrl(template: string, email: string): PasswordChangeUrl | undefined {
  const [, scheme = '', authority = '', rest = ''] = /^([a-z]+):\/\/([^/]*)(.*)$/s.exec(template) ?? []
  const isLdap = scheme === 'ldap' || scheme === 'ldaps'
  if (!isLdap && scheme !== 'https') return undefined
  const { e, u, d } = partsOf(email)
  const asHost = (text: string) => encodeURIComponent(domainToASCII(text) || text)
  const asPart = isLdap ? (text: string) => encodeURIComponent(dnEscaped(text)) : encodeURIComponent
  const filled = `${scheme}://${fill(authority, { e, u, d }, asHost)}${fill(rest, { e, u, d }, asPart)}`
  return isLdap ? parseLdap(filled) : parseHttps(filled)
}

/** Writes such a URL as far as people need it: whose it is, not who the user is there. */
export function passwordChangePlace(place: PasswordChangeUrl): string {
  if (place.kind === 'https') return `https://${place.url.host}`
  return `${place.security === 'tls' ? 'ldaps' : 'ldap'}://${place.host}:${place.port}`
}

function partsOf(email: string): Readonly<Record<'e' | 'u' | 'd', string>> {
  const text = email.toWellFormed() // half a character cannot be written into a URL
  const at = text.lastIndexOf('@')
  return { e: text, u: text.slice(0, at), d: text.slice(at + 1) }
}

function fill(text: string, values: Readonly<Record<string, string>>, quote: (value: string) => string): string {
  return text.replace(/%(.)/g, (_, letter: string) => (letter === '%' ? '%' : quote(values[letter] ?? '')))
}

// RFC 4514 section 2.4.
function dnEscaped(value: string): string {
  return value
    .replace(/["+,;<>\\=]/g, '\\$&')
    .replace(/\0/g, '\\00')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
}

function parseLdap(text: string): PasswordChangeUrl | undefined {
  const [, scheme = '', bracketed, plain, port, path = ''] = LDAP.exec(text) ?? []
  const host = (bracketed ?? plain)?.toLowerCase()
  const number = port === undefined ? DEFAULT_PORTS[scheme] : Number(port)
  if (!host || host.includes('%') || number === undefined || number < 1 || number > 65_535) return undefined
  try {
    const dn = decodeURIComponent(path)
    return { kind: 'ldap', security: scheme === 'ldaps' ? 'tls' : 'starttls', host, port: number, dn }
  } catch {
    return undefined // no percent-encoding
  }
}

function parseHttps(text: string): PasswordChangeUrl | undefined {
  const url = URL.parse(text)
  if (!url) return undefined
  const isPlain = url.username === '' && url.password === '' && url.hash === ''
  return isPlain ? { kind: 'https', url } : undefined
}
