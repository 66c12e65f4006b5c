import { z } from 'zod'
import { parseDavUrl } from './dav-url.ts'
import { passwordChangeSetting } from './password-change-url.ts'
import { isPlainTextHost } from './plain-text-host.ts'
import { proxySetting } from './proxy-url.ts'
import { parseUpstreamUrl } from './upstream-url.ts'

const MINUTES_PER_DAY = 1440
const MAX_RATE_KBPS = 10_000_000

const PASSWORD_AUTH = ['automatic', 'plain', 'cram-md5', 'scram-sha-256'] as const

/** How a profile may sign in. */
export const AUTH_CHOICES = [...PASSWORD_AUTH, 'oauth2', 'external'] as const

/** How a profile signs in. */
export type Auth = (typeof AUTH_CHOICES)[number]

/** How a profile signs in with a password. */
export type PasswordAuth = (typeof PASSWORD_AUTH)[number]

/** Tells whether an account’s password is what it is signed in to with, or an access token or a client certificate is. */
export function usesPassword(auth: Auth | undefined): auth is PasswordAuth | undefined {
  return auth !== 'oauth2' && auth !== 'external'
}

const upstream = (protocol: 'imap' | 'smtp') =>
  z.string().refine(text => parseUpstreamUrl(text)?.protocol === protocol, {
    error: `must look like ${protocol}s://HOST, ${protocol}+starttls://HOST or ${protocol}://HOST, with :PORT if needed`,
  })
const sieveUrl = z.string().refine(text => parseUpstreamUrl(text)?.protocol === 'sieve', {
  error: 'must look like sieve://HOST, sieves://HOST or sieve+cleartext://HOST, with :PORT if needed',
})
const davUrl = z.string().refine(text => parseDavUrl(text) !== undefined, {
  error: 'must look like https://HOST/PATH or http://HOST/PATH, without a user or a password',
})
const minutes = z.int().min(1).max(MINUTES_PER_DAY)
const folders = z.array(z.string().min(1).max(1000)).max(10_000)
const rate = z.int().min(0).max(MAX_RATE_KBPS)

/** Tells whether a text names an issuer (RFC 8414 section 2); plain http is for this machine alone. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash, username } = new URL(text)
  if (search !== '' || hash !== '' || username !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isPlainTextHost(hostname))
}

/** What a profile may be called: it names a folder. */
export const profileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
  error: 'must be 1 to 63 letters, digits, dots, dashes or underscores, and begin with a letter or digit',
})

const address = z.string().regex(/^[^\s@<>"]+@[^\s@<>"]+$/, { error: 'must be an e-mail address' })

const account = {
  email: address.describe('The account’s e-mail address.'),
  user: z.string().min(1).optional().describe('The account’s user name; without it, the e-mail address.'),
  imap: upstream('imap')
    .optional()
    .describe(
      'The IMAP server: `imaps://HOST`, `imap+starttls://HOST` or `imap://HOST`. Without it and without `dav` the profile is unbound: see `postern profile bind`.',
    ),
  dav: davUrl
    .optional()
    .describe('The CalDAV and CardDAV server: `https://HOST/PATH`. Its calendars and address books are synchronized.'),
  carddav: davUrl.optional().describe('The CardDAV server, where the address books are not on that of `dav`.'),
  mailIn: z
    .enum(['postern', 'outlook'])
    .default('postern')
    .describe(
      'Who has the mail: `postern` synchronizes it; with `outlook` it stays with an account of Outlook’s own, and calendars, contacts, tasks and notes alone are synchronized.',
    ),
  smtp: upstream('smtp')
    .optional()
    .describe('The SMTP server: `smtps://HOST`, `smtp+starttls://HOST` or `smtp://HOST`.'),
  sieve: sieveUrl
    .optional()
    .describe(
      'The ManageSieve server: `sieve://HOST` demands STARTTLS, `sieves://HOST` is TLS from the start, `sieve+cleartext://HOST` is unencrypted.',
    ),
  auth: z
    .enum(AUTH_CHOICES)
    .default('automatic')
    .describe(
      'How to sign in: `automatic` takes SCRAM-SHA-256 where the server offers it; `oauth2` is set by `postern profile sign-in`; `external` shows the client certificate, and no password.',
    ),
  oauthProvider: z
    .enum(['google', 'microsoft'])
    .optional()
    .describe('Whose OAuth2 is used, of those that Postern knows the addresses of.'),
  oauthIssuer: z
    .string()
    .refine(isIssuer, { error: 'must be an https: URL without a query' })
    .optional()
    .describe('The OAuth2 or OpenID Connect provider, by its issuer URL.'),
  oauthClientId: z
    .string()
    .regex(/^[\x20-\x7e]{1,500}$/, { error: 'must be 1 to 500 characters of ASCII' })
    .optional()
    .describe('The id under which your administrator has registered Postern with the provider.'),
  oauthScopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,500}$/, { error: 'must be a scope of OAuth2' }))
    .max(50)
    .optional()
    .describe('What is asked for, in place of what the provider usually wants for mail.'),
  smtpAuth: z
    .enum(['same', 'own', 'none'])
    .default('same')
    .describe(
      'How to sign in to the SMTP server: as to the IMAP server, with `smtpUser` and a password of its own, or not.',
    ),
  smtpUser: z.string().min(1).optional().describe('The user name for the SMTP server, with `smtpAuth: own`.'),
  rememberPassword: z
    .boolean()
    .default(true)
    .describe(
      'Keep the account’s passwords, encrypted; otherwise they are asked for at each start and held in memory only, see `postern profile unlock`.',
    ),
  aliases: z
    .array(address)
    .max(1000)
    .optional()
    .describe('Other addresses of the account: mail programs may sign in here by them, and send as them.'),
  sendAs: z
    .enum(['any', 'own'])
    .default('any')
    .describe('As whom mail may be sent: `any` leaves that to the server, `own` takes `email` and `aliases` only.'),
  proxy: proxySetting
    .optional()
    .describe(
      'The proxy on the way to the servers: `auto`, `none`, `http://HOST:PORT` or `socks5://HOST:PORT`; without it, that of `network.proxy`.',
    ),
  passwordChangeUrl: passwordChangeSetting
    .optional()
    .describe(
      'Where `profile password --on-server` changes the password: `ldaps://HOST/DN` or `ldap://HOST/DN` (RFC 3062), or `https://…`, a form; with `%e`, `%u`, `%d` for the address and its parts.',
    ),
  relay: z
    .enum(['cut-through', 'spool'])
    .default('cut-through')
    .describe('`cut-through` answers Outlook with the server’s own words; `spool` accepts at once and delivers later.'),
}

const comparing = {
  conflictResolution: z
    .enum(['server', 'client'])
    .default('server')
    .describe('Who wins when both sides changed the same thing; what loses is kept, see `postern conflict list`.'),
  fullSyncThreshold: z
    .int()
    .min(0)
    .max(10_000_000)
    .default(1024)
    .describe(
      'Up to this many messages a folder is compared whole in every run; larger ones by what has changed, and whole once a day.',
    ),
  revertReadOnly: z
    .boolean()
    .default(true)
    .describe('Undo changes in read-only folders by itself; otherwise they stay here and the folder tells of them.'),
}

const downloading = {
  downloadMode: z
    .enum(['full', 'custom', 'headers'])
    .default('full')
    .describe(
      'What is downloaded of a message: all, all up to `downloadThresholdMb`, or headers. The rest comes when the message is opened.',
    ),
  downloadThresholdMb: z
    .number()
    .min(0.001)
    .max(4096)
    .default(5)
    .describe('With `downloadMode: custom`: larger messages come as headers. Megabytes of 1,000,000 octets.'),
  downloadFilesFully: z
    .boolean()
    .default(true)
    .describe('Download everything in folders that hold files, whatever `downloadMode` says.'),
  keepDays: z
    .int()
    .min(0)
    .max(36_500)
    .default(0)
    .describe('Keep only the last N days whole; older mail comes as headers. 0 keeps all.'),
  metered: z.boolean().default(false).describe('Headers only, for as long as the connection costs money.'),
  pauseMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('Pause after each item, in milliseconds. 0 is fine here: importing runs beside Outlook, not in it.'),
  downloadKBps: rate.default(0).describe('Limit of the download in kilobytes per second; 0 for none.'),
  uploadKBps: rate.default(0).describe('Limit of the upload in kilobytes per second; 0 for none.'),
}

const scheduling = {
  paused: z.boolean().default(false).describe('Work offline: nothing is synchronized until `postern resume`.'),
  pausedUntil: z.iso.datetime().optional().describe('With `paused`: when synchronizing goes on by itself.'),
  automaticFolders: folders
    .default(['*'])
    .describe(
      'Folders that are synchronized by themselves; `*` stands for any text, `!` before a pattern takes out again. Others on demand.',
    ),
  priorityFolders: folders
    .default(['INBOX'])
    .describe('Of these, the ones that are synchronized most often, and watched.'),
  watch: z.boolean().default(true).describe('Let the server tell of changes at once, where it can (NOTIFY, IDLE).'),
  useOutlookSettings: z
    .boolean()
    .default(false)
    .describe('Synchronize when Outlook polls, and not by Postern’s own intervals.'),
  prioritySyncMinutes: minutes.default(1).describe('Interval of the priority folders, in minutes.'),
  standardSyncMinutes: minutes.default(30).describe('Interval of the other automatic folders, in minutes.'),
  structureSyncMinutes: minutes
    .default(30)
    .describe('Interval of the list of folders (added, renamed, deleted ones), in minutes.'),
  syncAfterChange: z.boolean().default(true).describe('Synchronize at once after a local change.'),
  addressBookSync: z
    .boolean()
    .default(true)
    .describe('Synchronize global address books by themselves (there are none yet).'),
  addressBookMinutes: z
    .int()
    .min(60)
    .max(MINUTES_PER_DAY)
    .default(60)
    .describe('Interval of the global address books, in minutes (there are none yet).'),
}

const telling = {
  showProgress: z.boolean().default(true).describe('Show the progress of runs.'),
  showLoginErrors: z.boolean().default(true).describe('Tell of refused sign-ins; they are always in the log.'),
  showConnectionErrors: z
    .boolean()
    .default(true)
    .describe('Tell of servers that cannot be reached; it is always in the log.'),
  policyUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Where an administrator’s policy lies (JSON or YAML). It may fix how mail is compared, downloaded, scheduled and told of.',
    ),
  policyAllowHttp: z
    .boolean()
    .default(false)
    .describe('Take a policy also from an `http:` URL beyond this machine, which others on the way can change.'),
}

/** The names of the settings, in the groups in which they are shown. */
export const SETTING_GROUPS = {
  account: Object.keys(account),
  comparing: Object.keys(comparing),
  downloading: Object.keys(downloading),
  scheduling: Object.keys(scheduling),
  telling: Object.keys(telling),
} as const

/** The settings of one profile. */
export const profileSettings = z.strictObject({
  /** Never used for another profile, so that item ids stay unique in an installation. */
  number: z.int().min(1),
  ...account,
  ...comparing,
  ...downloading,
  ...scheduling,
  ...telling,
})

/** A profile's settings with every default filled in. */
export type ProfileSettings = Readonly<z.infer<typeof profileSettings>>
