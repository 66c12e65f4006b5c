import { fromWireError } from '../../../daemon/control/wire-error.ts'
import type { ServersDocument } from '../../../daemon/discovery/settings-document.ts'
import { PosternError } from '../../../errors.ts'
import type { ProfileErrorCode } from '../../../profile/errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { searchSettings } from '../discover/search-settings.ts'
import { describeSync, type SyncDocument, synchronize } from '../synchronize.ts'
import { emptyPassword } from './empty-password.ts'

interface AddOptions {
  name: string
  email: string | undefined
  imap: string | undefined
  smtp: string | undefined
  dav: string | undefined
  'groupware-only': boolean
  user: string | undefined
  auth: string | undefined
  yes: boolean
  sync: boolean
  'password-stdin': boolean
}

type NewProfile = Pick<AddOptions, 'imap' | 'smtp' | 'dav' | 'user' | 'auth'> & {
  readonly isGroupwareOnly: boolean
  readonly name: string
  readonly email: string
  readonly password: string | undefined
}

/** What `profile add` prints: the profile, how its servers were found, and how the first run went. */
interface AddedDocument {
  readonly name: string
  readonly found?: ServersDocument
  readonly sync?: SyncDocument
}

/** `postern profile add` */
export const profileAddCommand: Command<never> = defineCommand<AddOptions>({
  command: 'add <name>',
  describe: 'Add an account of a real server: by its e-mail address alone, or with its servers',
  examples: [
    ['$0 profile add ada@example.org', 'Find the servers, prove them by signing in, add and synchronize'],
    ['$0 profile add work --email ada@example.org --password-stdin --yes < file', 'The same, with nobody to ask'],
    ['$0 profile add work --email ada@example.org --imap imaps://imap.example.org --smtp smtps://smtp.example.org', ''],
    ['$0 profile add work --email ada@example.org --imap imaps://imap.example.org --auth oauth2', 'No password'],
    [
      '$0 profile add ada@example.org --groupware-only',
      'Calendars and contacts; Outlook’s own POP3 account has the mail',
    ],
    ['$0 profile add work --email ada@example.org --groupware-only --dav https://dav.example.org/', ''],
  ],
  build: yargs =>
    yargs
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: 'How the profile is called here; or an e-mail address, and it is called as that begins',
      })
      .option('email', { type: 'string' })
      .option('imap', {
        type: 'string',
        describe:
          'imaps://HOST, imap+starttls://HOST or imap://HOST; without it, the administrator’s templates or SmartDiscover tell',
      })
      .option('smtp', { type: 'string', describe: 'smtps://HOST, smtp+starttls://HOST or smtp://HOST' })
      .option('dav', {
        type: 'string',
        describe: 'https://HOST/PATH of calendars and address books (CalDAV, CardDAV), which are synchronized too',
      })
      .option('groupware-only', {
        type: 'boolean',
        default: false,
        describe: 'Calendars, contacts, tasks and notes alone: mail stays with an account of Outlook’s own',
      })
      .option('user', { type: 'string', describe: 'The account’s user name, if it is not the e-mail address' })
      .option('auth', {
        choices: ['automatic', 'plain', 'cram-md5', 'scram-sha-256', 'oauth2'],
        describe: 'How to sign in; oauth2 needs no password',
      })
      .option('yes', {
        type: 'boolean',
        default: false,
        describe: 'Send the password also to hosts outside the domain that DNS alone names',
      })
      .option('sync', {
        type: 'boolean',
        default: true,
        describe: 'Synchronize at once where the servers were found (--no-sync does not)',
      })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: async (options, context) => {
    const { name, email } = namesOf(options)
    const isOAuth = options.auth === 'oauth2'
    const password = isOAuth ? undefined : await context.terminal.secret(`Password of ${email}: `, context.signal)
    if (password === '') throw emptyPassword()
    const { imap, smtp, dav, user, auth, 'groupware-only': isGroupwareOnly } = options
    if (isGroupwareOnly && imap !== undefined) throw bothGiven()
    const profile = { name, email, imap, smtp, dav, isGroupwareOnly, user, auth, password }
    const document = await addFound(profile, options, context)
    context.terminal.result(document, added => addedText(added, isOAuth))
    return (document.sync?.errors.length ?? 0) > 0 ? 1 : 0
  },
})

/** Adds the profile; where nobody says which servers it has, they are searched for. */
async function addFound(profile: NewProfile, options: AddOptions, context: CommandContext): Promise<AddedDocument> {
  try {
    return await call<AddedDocument>(context, 'profile.add', profile)
  } catch (error) {
    const isUnknown = error instanceof PosternError && error.code === ('PROFILE_NO_SERVERS' satisfies ProfileErrorCode)
    if (!isUnknown || profile.password === undefined) throw error
  }
  const { email, password, isGroupwareOnly } = profile
  const { taken, error } = await searchSettings({ email, password, yes: options.yes, isGroupwareOnly }, context)
  if (!taken) throw error ? fromWireError(error) : nothingTaken(email)
  const user = options.user ?? (taken.user === email ? undefined : taken.user)
  const found = isGroupwareOnly ? davServers(taken) : { imap: taken.imap, smtp: options.smtp ?? taken.smtp }
  const servers = Object.fromEntries(Object.entries({ ...found, user }).filter(([, value]) => value ?? false))
  const added = await call<AddedDocument>(context, 'profile.add', { ...profile, ...servers })
  if (!options.sync) return { ...added, found: taken }
  return { ...added, found: taken, sync: await synchronize({ profile: profile.name, folders: [] }, context) }
}

function nothingTaken(email: string): PosternError {
  return new PosternError('DISCOVER_NOTHING_FOUND', `No server of ${email} was taken.`, {
    remedy: 'user',
    advice: 'See postern discover ADDRESS --trace, or name the servers: --imap imaps://HOST --smtp smtps://HOST.',
  })
}

/** An address in place of a name says both. */
function namesOf({ name, email }: AddOptions): { readonly name: string; readonly email: string } {
  const given = String(name)
  if (email !== undefined) return { name: given, email }
  const [local = ''] = given.split('@', 1)
  if (given.includes('@'))
    return { name: local.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, ''), email: given }
  throw new PosternError<CliErrorCode>('CLI_USAGE', `Whose account is ${JSON.stringify(given)} to be?`, {
    remedy: 'user',
    advice: 'Give its address: postern profile add ADDRESS, or postern profile add NAME --email ADDRESS.',
  })
}

function addedText({ name, found, sync }: AddedDocument, isOAuth: boolean): string {
  const isRelayless = found && found.imap !== null && found.smtp === null
  return [
    ...(found ? [`found by ${found.source}: ${foundServers(found)}`] : []),
    ...(isRelayless ? ['no SMTP server took the password: messages cannot be sent before one is set'] : []),
    ...(found?.smtpUser
      ? [`the SMTP server wants the user ${found.smtpUser}: see smtpAuth in profile set --help`]
      : []),
    ...(found?.imap && found.dav
      ? [`calendars and contacts are not synchronized yet: postern profile set ${name} dav ${found.dav}`]
      : []),
    `added ${name}`,
    ...(sync ? [describeSync(sync)] : []),
    `next: ${[
      ...(isOAuth ? [`postern profile sign-in ${name}`] : []),
      ...(sync ? ['postern start'] : [`postern profile test ${name}`, 'postern sync']),
      `postern profile outlook ${name}`,
    ].join(', ')}`,
  ]
    .map(printable)
    .join('\n')
}

// On one host, the one is found from the other (RFC 6764 section 6).
function davServers({ dav, carddav }: ServersDocument): Pick<ServersDocument, 'dav' | 'carddav'> {
  const isElsewhere = dav !== null && carddav !== null && new URL(dav).host !== new URL(carddav).host
  return { dav, carddav: isElsewhere ? carddav : null }
}

function foundServers(found: ServersDocument): string {
  const { dav, carddav } = davServers(found)
  return (found.imap === null ? [dav, carddav] : [found.imap, found.smtp]).filter(url => url !== null).join(', ')
}

function bothGiven(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'With --groupware-only there is no --imap.', {
    remedy: 'user',
    advice: 'Leave one of them out: mail is synchronized, or it stays with an account of Outlook’s own.',
  })
}
