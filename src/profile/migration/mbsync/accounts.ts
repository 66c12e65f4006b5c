import type { Security } from '../../../config/upstream-url.ts'
import type { Findings, FoundAccount, LeftOut } from '../found-account.ts'
import { type NamedServer, plainTextRemarks, serverUrl } from '../server-url.ts'
import type { MbsyncSection } from './sections.ts'

const SSL_TYPES: Readonly<Record<string, Security>> = { none: 'none', starttls: 'starttls', imaps: 'tls' }
const IMAPS_PORT = 993
const NOT_BY_PASSWORD = new Set(['xoauth2', 'oauthbearer', 'gssapi', 'gs2-krb5', 'kerberos_v4', 'ntlm', 'external'])

/** Finds the accounts of an mbsync configuration: its IMAP accounts, and the IMAP stores that have a server of their own. */
export function findMbsyncAccounts(sections: readonly MbsyncSection[]): Findings {
  const stores = sections.filter(({ kind }) => kind === 'imapstore')
  const servers = [
    ...sections.filter(({ kind }) => kind === 'imapaccount'),
    ...stores.filter(({ values }) => values.has('host')),
  ]
  const found = servers.map(server => accountOf(server, channelsOf(server, sections)))
  return {
    accounts: found.filter(each => 'settings' in each),
    leftOut: found.filter(each => 'why' in each),
  }
}

function accountOf(server: MbsyncSection, channels: readonly MbsyncSection[]): FoundAccount | LeftOut {
  const why = whyNot(server)
  if (why !== undefined) return { what: server.name, why }
  const named = serverOf(server)
  const user = first(server, 'user')
  const isAddress = user.includes('@')
  return {
    name: server.name,
    settings: { ...(isAddress ? { email: user } : { user }), imap: serverUrl('imap', named) },
    remarks: [
      ...plainTextRemarks('IMAP', named),
      ...securityRemarks(server),
      ...channels.flatMap(channelRemarks),
      'mbsync does not send: name an SMTP server with the setting smtp',
    ],
  }
}

function whyNot(server: MbsyncSection): string | undefined {
  if (server.values.has('tunnel')) return 'it connects through a command (Tunnel), and Postern runs none'
  if (first(server, 'host') === '') return 'it names no Host'
  if (server.values.has('user')) return undefined
  return server.values.has('usercmd')
    ? 'its user name comes from a command (UserCmd), which is not run'
    : 'it names no User'
}

// `imaps:host` is how versions before 1.0 wrote it.
function serverOf(server: MbsyncSection): NamedServer {
  const [, scheme, host = ''] = /^(?:(imaps?):)?(.*)$/i.exec(first(server, 'host')) ?? []
  const port = server.values.has('port') ? Number(first(server, 'port')) : undefined
  const type =
    first(server, 'ssltype') || first(server, 'tlstype') || (scheme?.toLowerCase() === 'imaps' ? 'imaps' : '')
  const usual: Security = port === IMAPS_PORT ? 'tls' : 'starttls'
  return { host, port, security: SSL_TYPES[type.toLowerCase()] ?? usual }
}

function securityRemarks(server: MbsyncSection): readonly string[] {
  const mechanisms = server.values.get('authmechs') ?? []
  const isOther = mechanisms.length > 0 && mechanisms.every(name => NOT_BY_PASSWORD.has(name.toLowerCase()))
  return [
    ...(server.values.has('certificatefile')
      ? ['its CertificateFile is not taken over: if the server is not trusted here, postern cert approve HOST:PORT']
      : []),
    ...(server.values.has('clientcertificate') ? ['its client certificate is not taken over'] : []),
    ...(isOther ? [`it signs in with ${mechanisms.join(', ')} there; what is imported signs in with a password`] : []),
  ]
}

/** The channels that have a store of this server at one of their ends. */
function channelsOf(server: MbsyncSection, sections: readonly MbsyncSection[]): readonly MbsyncSection[] {
  const isIts = (store: MbsyncSection) =>
    store === server || (store.kind === 'imapstore' && first(store, 'account') === server.name)
  const stores = new Set(sections.filter(isIts).map(({ name }) => name))
  const [everywhere] = sections
  return sections
    .filter(({ kind, values }) => kind === 'channel' && endsOf(values).some(store => stores.has(store)))
    .map(channel => ({ ...channel, values: new Map([...(everywhere?.values ?? []), ...channel.values]) }))
}

// `:store:mailbox`; the ends were called Master and Slave before 1.4.
function endsOf(values: MbsyncSection['values']): readonly string[] {
  const ends = ['far', 'near', 'master', 'slave'].flatMap(key => values.get(key)?.[0] ?? [])
  return ends.map(end => /^:([^:]*):/.exec(end)?.[1] ?? '')
}

function channelRemarks({ name, values }: MbsyncSection): readonly string[] {
  const patterns = values.get('patterns') ?? values.get('pattern')
  const isAll = patterns?.includes('*') && !patterns.some(pattern => pattern.startsWith('!'))
  const some = patterns === undefined ? 'one mailbox' : `mailboxes by ${JSON.stringify(patterns.join(' '))}`
  const sync = values.get('sync') ?? ['All']
  const isBothWays = sync.some(word => /^all$/i.test(word)) || !sync.some(word => /^(pull|push|none)/i.test(word))
  return [
    ...(isAll ? [] : [`channel ${name} takes ${some}; here it is all of them, see the setting automaticFolders`]),
    ...(isBothWays ? [] : [`channel ${name} has Sync ${sync.join(' ')}; Postern synchronizes both ways`]),
  ]
}

function first({ values }: MbsyncSection, key: string): string {
  return values.get(key)?.[0] ?? ''
}
