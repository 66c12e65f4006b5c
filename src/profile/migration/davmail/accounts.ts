import { type Findings, type FoundAccount, type LeftOut, withinLimit } from '../found-account.ts'
import { serverUrl } from '../server-url.ts'
import { parseProperties } from './properties.ts'

const WANTED = new Set([
  'davmail.url',
  'davmail.bindAddress',
  'davmail.imapPort',
  'davmail.smtpPort',
  'davmail.caldavPort',
  'davmail.ldapPort',
  'davmail.ssl.keystoreFile',
  'davmail.ssl.nosecureimap',
  'davmail.ssl.nosecuresmtp',
])
const TOKEN_OF = /^davmail\.oauth\.([^\s@]+@[^\s@]+)\.refreshToken$/
const EVERYWHERE = new Set(['', '0.0.0.0', '::'])

/**
 * Finds what can be used of a DavMail: it speaks Exchange's own protocols on one side, and IMAP and SMTP on this machine
 * on the other. The second is an account for us. Addresses are known where DavMail keeps a token for them.
 */
export function findDavmailAccounts(text: string): Findings {
  const users = new Set<string>()
  const properties = parseProperties(text, key => {
    const [, user] = TOKEN_OF.exec(key) ?? []
    if (user !== undefined) users.add(user)
    return WANTED.has(key)
  })
  const read = (name: string) => properties.get(`davmail.${name}`)?.trim() ?? ''
  const leftOut = [exchange(read('url')), ...others(read)]
  const imap = frontOf('imap', read)
  if (imap === undefined)
    return { accounts: [], leftOut: [...leftOut, { what: 'IMAP', why: 'DavMail’s IMAP port is switched off' }] }
  const smtp = frontOf('smtp', read)
  const { taken, leftOut: more } = withinLimit<string | undefined>(users.size > 0 ? [...users] : [undefined])
  return { accounts: taken.map(email => accountOf(email, imap, smtp)), leftOut: [...leftOut, ...more] }
}

type Read = (name: string) => string

function accountOf(email: string | undefined, imap: string, smtp: string | undefined): FoundAccount {
  return {
    name: email ?? 'davmail',
    settings: { email, imap, ...(smtp === undefined ? {} : { smtp }) },
    remarks: [
      'it goes through DavMail, which has to run whenever Postern synchronizes or sends',
      ...(smtp === undefined ? ['DavMail’s SMTP port is switched off; name a server to send'] : []),
    ],
  }
}

function frontOf(protocol: 'imap' | 'smtp', read: Read): string | undefined {
  const port = Number(read(`${protocol}Port`) || 0)
  if (port === 0) return undefined
  const bound = read('bindAddress')
  const isTls = read('ssl.keystoreFile') !== '' && read(`ssl.nosecure${protocol}`) !== 'true'
  const host = EVERYWHERE.has(bound) ? '127.0.0.1' : bound
  return serverUrl(protocol, { host, port, security: isTls ? 'tls' : 'none' })
}

function exchange(url: string): LeftOut {
  const shown = URL.parse(url)
  return {
    what: `davmail.url ${shown ? shown.origin + shown.pathname : ''}`.trim(),
    why: 'that server speaks Exchange’s own protocols, which Postern does not; DavMail stays between them',
  }
}

function others(read: Read): readonly LeftOut[] {
  const isOn = (port: string) => Number(read(port) || 0) > 0
  return [
    ...(isOn('caldavPort') ? [{ what: 'CalDAV and CardDAV', why: 'Postern has no calendars and contacts yet' }] : []),
    ...(isOn('ldapPort') ? [{ what: 'LDAP', why: 'Postern has no global address books yet' }] : []),
  ]
}
