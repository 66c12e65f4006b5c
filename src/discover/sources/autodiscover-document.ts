import { type MailAddress, userNamesOf } from '../mail-address.ts'
import { makeDavOffer, makeOffer, type Offer } from '../offer.ts'
import type { Doubt } from './autoconfig-document.ts'
import { findElements, textOf, type XmlElement } from './xml-tree.ts'

const STARTTLS_PORTS: ReadonlySet<number> = new Set([143, 587, 25])
const DEFAULT_PORTS = { imap: 993, smtp: 465 } as const

/** What an Autodiscover answer is about. */
export type AutodiscoverAnswer =
  | { readonly kind: 'settings'; readonly offers: readonly Offer[] }
  /** Another place to ask. */
  | { readonly kind: 'redirect'; readonly url: string }
  /** Another e-mail address to ask for. */
  | { readonly kind: 'other-address' }
  | { readonly kind: 'error'; readonly says: string }

/** Reads an answer of plain-old-XML Autodiscover (responseschema/2006 and 2006a). */
export function readAutodiscover(document: XmlElement, address: MailAddress, doubt: Doubt): AutodiscoverAnswer {
  const [error] = findElements(document, 'Error')
  if (error) return { kind: 'error', says: textOf(error, 'Message') || textOf(error, 'ErrorCode') || 'an error' }
  const [account] = findElements(document, 'Account')
  const action = account ? textOf(account, 'Action').toLowerCase() : ''
  if (account && action === 'redirecturl') return { kind: 'redirect', url: textOf(account, 'RedirectUrl') }
  if (account && action === 'redirectaddr') return { kind: 'other-address' }
  const offers = findElements(document, 'Protocol').map(protocol => readProtocol(protocol, address, doubt))
  return { kind: 'settings', offers: offers.filter(offer => offer !== undefined) }
}

function readProtocol(element: XmlElement, address: MailAddress, doubt: Doubt): Offer | undefined {
  const type = (textOf(element, 'Type') || element.attributes.Type || '').toLowerCase()
  const host = textOf(element, 'Server')
  const user = userOf(element, address)
  if (type === 'caldav' || type === 'carddav') {
    if (!URL.canParse(host)) return undefined
    return makeDavOffer(host, { protocol: type, ...user, doubt: doubt(new URL(host).hostname) })
  }
  if (type !== 'imap' && type !== 'smtp') return undefined
  const port = Number(textOf(element, 'Port') || DEFAULT_PORTS[type])
  return makeOffer({ protocol: type, security: securityOf(element, port), host, port, ...user, doubt: doubt(host) })
}

// Encryption (None, SSL, TLS, Auto) goes before SSL (on, off; on by default). Outlook's "TLS" is STARTTLS, and so is SSL on
// a port where everybody begins in plain text.
function securityOf(element: XmlElement, port: number): Offer['security'] {
  const encryption = textOf(element, 'Encryption').toLowerCase()
  if (encryption === 'none') return 'none'
  if (encryption === 'tls') return 'starttls'
  if (encryption !== 'ssl' && textOf(element, 'SSL').toLowerCase() === 'off') return 'none'
  return STARTTLS_PORTS.has(port) ? 'starttls' : 'tls'
}

function userOf(element: XmlElement, address: MailAddress): Pick<Offer, 'users' | 'isUserTold'> {
  const told = textOf(element, 'LoginName')
  return told === '' ? { users: userNamesOf(address), isUserTold: false } : { users: [told], isUserTold: true }
}
