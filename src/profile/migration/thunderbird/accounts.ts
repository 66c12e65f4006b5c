import type { Security } from '../../../config/upstream-url.ts'
import { type Findings, type FoundAccount, type LeftOut, withinLimit } from '../found-account.ts'
import { type NamedServer, plainTextRemarks, serverUrl } from '../server-url.ts'
import type { Preference, Preferences } from './preferences.ts'

const MAX_IDENTITIES = 100 // that are told one by one, of one account

// nsMsgSocketType; 1 is "STARTTLS, if available", which nobody should have.
const SOCKET_TYPES: Readonly<Record<number, Security>> = { 0: 'none', 1: 'starttls', 2: 'starttls', 3: 'tls' }

// nsMsgAuthMethod
const NO_AUTHENTICATION = 1
const OTHER_SIGN_INS: Readonly<Record<number, string>> = {
  5: 'Kerberos',
  6: 'NTLM',
  7: 'a client certificate',
  10: 'OAuth2',
}

const NO_MAIL_SERVERS: Readonly<Record<string, string>> = {
  none: 'local folders, there is no server',
  rss: 'news feeds, no mail account',
  nntp: 'newsgroups, no mail account',
  im: 'a chat, no mail account',
  pop3: 'POP3: Postern synchronizes with IMAP servers; if the provider has one, add it with postern profile add',
}

/** Finds the accounts in Thunderbird's preferences. */
export function findThunderbirdAccounts(preferences: Preferences): Findings {
  const { taken, leftOut } = withinLimit(words(preferences.get('mail.accountmanager.accounts')))
  const found = taken.map(key => accountOf(key, preferences))
  return {
    accounts: found.filter(each => 'settings' in each),
    leftOut: [
      ...found.flatMap(each => ('settings' in each ? leftOutIdentities(each, preferences) : [each])),
      ...leftOut,
    ],
  }
}

interface ThunderbirdAccount extends FoundAccount {
  readonly otherIdentities: readonly string[]
}

function accountOf(key: string, preferences: Preferences): ThunderbirdAccount | LeftOut {
  const serverKey = textOf(preferences.get(`mail.account.${key}.server`))
  const identities = words(preferences.get(`mail.account.${key}.identities`))
  const server = reader(preferences, `mail.server.${serverKey}.`)
  const host = server.text('hostname')
  const user = server.text('userName')
  const name = server.text('name') || `${user}@${host}`
  const type = server.text('type')
  if (type !== 'imap')
    return { what: name, why: NO_MAIL_SERVERS[type] ?? `its type is ${JSON.stringify(type)}, not IMAP` }
  const [first] = identities
  const identity = reader(preferences, `mail.identity.${first}.`)
  const imap: NamedServer = {
    host,
    port: portOf(server.number('port')),
    security: securityOf(server.number('socketType')),
  }
  const smtp = smtpOf(identity.text('smtpServer'), user, preferences)
  const email = identity.text('useremail') || (user.includes('@') ? user : undefined)
  return {
    name,
    settings: {
      email,
      ...(user === '' || user === email ? {} : { user }),
      imap: serverUrl('imap', imap),
      ...smtp.settings,
    },
    remarks: [
      ...plainTextRemarks('IMAP', imap),
      ...signInRemarks('IMAP', server.number('authMethod')),
      ...smtp.remarks,
    ],
    otherIdentities: identities.slice(1),
  }
}

interface FoundSmtp {
  readonly settings: Pick<FoundAccount['settings'], 'smtp' | 'smtpAuth' | 'smtpUser'>
  readonly remarks: readonly string[]
}

function smtpOf(identityServer: string, imapUser: string, preferences: Preferences): FoundSmtp {
  const key = identityServer || textOf(preferences.get('mail.smtp.defaultserver'))
  const read = reader(preferences, `mail.smtpserver.${key}.`)
  const host = read.text('hostname')
  const type = read.text('type') || 'smtp'
  if (host === '' || type !== 'smtp')
    return { settings: {}, remarks: ['it has no SMTP server there; name one to send'] }
  const security = securityOf(read.number('try_ssl'))
  // Thunderbird's own: 465 with TLS, else 587, also in plain text.
  const smtp: NamedServer = {
    host,
    port: portOf(read.number('port')) ?? (security === 'none' ? 587 : undefined),
    security,
  }
  const method = read.number('authMethod')
  return {
    settings: { smtp: serverUrl('smtp', smtp), ...authOf(read.text('username'), imapUser, method) },
    remarks: [...plainTextRemarks('SMTP', smtp), ...signInRemarks('SMTP', method)],
  }
}

function authOf(user: string, imapUser: string, method: number | undefined): FoundSmtp['settings'] {
  if (method === NO_AUTHENTICATION || user === '') return { smtpAuth: 'none' }
  return user === imapUser ? {} : { smtpAuth: 'own', smtpUser: user }
}

function signInRemarks(protocol: string, method: number | undefined): readonly string[] {
  const other = OTHER_SIGN_INS[method ?? 0]
  return other === undefined
    ? []
    : [`${protocol} signs in with ${other} there; what is imported signs in with a password`]
}

function leftOutIdentities(
  { name, otherIdentities }: ThunderbirdAccount,
  preferences: Preferences,
): readonly LeftOut[] {
  const addresses = otherIdentities
    .slice(0, MAX_IDENTITIES)
    .map(key => textOf(preferences.get(`mail.identity.${key}.useremail`)) || key)
  const more = otherIdentities.length - addresses.length
  return [...addresses, ...(more > 0 ? [`${more} more identities`] : [])].map(what => ({
    what: `${what} of ${name}`,
    why: 'another identity: the profile has the address of the first one',
  }))
}

function reader(preferences: Preferences, prefix: string) {
  return {
    text: (name: string) => textOf(preferences.get(prefix + name)),
    number: (name: string) => {
      const value = preferences.get(prefix + name)
      return typeof value === 'number' ? value : undefined
    },
  }
}

function securityOf(socketType: number | undefined): Security {
  return SOCKET_TYPES[socketType ?? 0] ?? 'none'
}

// Thunderbird's defaults are -1 and 0: the usual port.
function portOf(port: number | undefined): number | undefined {
  return port === undefined || port <= 0 ? undefined : port
}

// Each once, as Thunderbird takes them.
function words(value: Preference | undefined): readonly string[] {
  const all = textOf(value)
    .split(',')
    .map(word => word.trim())
  return [...new Set(all)].filter(word => word !== '')
}

function textOf(value: Preference | undefined): string {
  return typeof value === 'string' ? value.trim() : ''
}
