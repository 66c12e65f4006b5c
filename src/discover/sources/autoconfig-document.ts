import { type MailAddress, userNamesOf } from '../mail-address.ts'
import { makeDavOffer, makeOffer, type Offer } from '../offer.ts'
import { findElements, textOf, type XmlElement } from './xml-tree.ts'

const SECURITY: Readonly<Record<string, Offer['security']>> = { ssl: 'tls', starttls: 'starttls', plain: 'none' }
const MAIL: Readonly<Record<string, 'imap' | 'smtp'>> = { imap: 'imap', smtp: 'smtp' }
const DAV = { calendar: 'caldav', addressbook: 'carddav' } as const

/**
 * Reads a configuration file of Mozilla's autoconfig (config-v1.1.xml): its servers in their order. What is no IMAP, SMTP,
 * CalDAV or CardDAV, or has no proper host and port, is left out.
 */
export function readAutoconfig(document: XmlElement, address: MailAddress, doubt: Doubt): readonly Offer[] {
  const servers = [...findElements(document, 'incomingServer'), ...findElements(document, 'outgoingServer')]
  const found = [
    ...servers.map(server => readServer(server, address, doubt)),
    ...(['calendar', 'addressbook'] as const).flatMap(name =>
      findElements(document, name).map(element => readDav(element, name, address, doubt)),
    ),
  ]
  return found.filter(offer => offer !== undefined)
}

/** Tells why a host needs a person's yes; undefined when it needs none. */
export type Doubt = (host: string) => string | undefined

function readServer(server: XmlElement, address: MailAddress, doubt: Doubt): Offer | undefined {
  const protocol = MAIL[server.attributes.type?.toLowerCase() ?? '']
  const security = SECURITY[textOf(server, 'socketType').toLowerCase()]
  if (!protocol || !security) return undefined
  const host = fillIn(textOf(server, 'hostname'), address)
  const port = Number(textOf(server, 'port'))
  return makeOffer({ protocol, security, host, port, ...userOf(server, address), doubt: doubt(host) })
}

function readDav(element: XmlElement, name: keyof typeof DAV, address: MailAddress, doubt: Doubt): Offer | undefined {
  const protocol = DAV[name]
  if (element.attributes.type?.toLowerCase() !== protocol) return undefined
  const url = fillIn(textOf(element, 'serverURL'), address)
  if (!URL.canParse(url)) return undefined
  return makeDavOffer(url, { protocol, ...userOf(element, address), doubt: doubt(new URL(url).hostname) })
}

function userOf(element: XmlElement, address: MailAddress): Pick<Offer, 'users' | 'isUserTold'> {
  const told = fillIn(textOf(element, 'username'), address)
  return told === '' ? { users: userNamesOf(address), isUserTold: false } : { users: [told], isUserTold: true }
}

function fillIn(text: string, { address, local, domain }: MailAddress): string {
  const values: Readonly<Record<string, string>> = {
    '%EMAILADDRESS%': address,
    '%EMAILLOCALPART%': local,
    '%EMAILDOMAIN%': domain,
  }
  return text.replace(/%EMAIL[A-Z]+%/g, name => values[name] ?? name)
}
