import { AUTH_CHOICES, type Auth, usesPassword } from '../../../config/profile-settings.ts'
import type { ServersDocument } from '../../../daemon/discovery/settings-document.ts'
import { PosternError } from '../../../errors.ts'
import type { ProfileErrorCode } from '../../../profile/errors.ts'
import { assertSettings } from '../../../profile/new-profile.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { describeSync, type SyncDocument, synchronize } from '../synchronize.ts'
import { findDavServers, findServers, foundDavText, foundText } from './find-servers.ts'
import { manualServers, type TestedServers } from './manual-servers.ts'
import { emptyPassword } from './typed-password.ts'

interface AddOptions {
  name: string
  email: string | undefined
  imap: string | undefined
  smtp: string | undefined
  dav: string | undefined
  carddav: string | undefined
  sieve: string | undefined
  'groupware-only': boolean
  user: string | undefined
  auth: Auth | undefined
  'remember-password': boolean
  manual: boolean
  yes: boolean
  sync: boolean
  local: boolean
  'password-stdin': boolean
}

/** What is added: what is left away is asked for, searched for, or as the command has it. */
export type AddedProfile = Pick<AddOptions, 'name' | 'email'> & Partial<AddOptions>

type NewProfile = Pick<AddOptions, 'imap' | 'smtp' | 'dav' | 'carddav' | 'sieve' | 'user' | 'auth'> & {
  readonly isGroupwareOnly: boolean
  readonly name: string
  readonly email: string
  readonly password: string | undefined
  readonly rememberPassword: boolean
}

/** What `profile add` prints: the profile, how its servers were found, and how the first run went. */
interface AddedDocument {
  readonly name: string
  readonly found?: ServersDocument
  readonly sync?: SyncDocument
  /** How the connections of `--manual` did. */
  readonly tests?: TestedServers['tests']
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
    ['$0 profile add ada@example.org --manual', 'Ask for host, connection type and port of each server, and test them'],
    [
      '$0 profile add work --email ada@example.org --groupware-only --dav https://dav.example.org/',
      'Calendars and contacts; Outlook’s own POP3 account has the mail',
    ],
    [
      '$0 profile add work --email ada@example.org --imap imaps://imap.example.org --sieve sieve://imap.example.org',
      'With the server of its Sieve scripts',
    ],
    ['$0 profile add archive --email ada@example.org --local', 'Mail on this machine alone, until it is bound'],
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
        describe:
          'https://HOST/PATH of calendars and address books (CalDAV, CardDAV), which are synchronized too; with --groupware-only SmartDiscover finds it',
      })
      .option('carddav', { type: 'string', describe: 'The same for address books, where they are on another server' })
      .option('sieve', {
        type: 'string',
        describe:
          'sieve://HOST of the ManageSieve server (STARTTLS, port 4190), or sieves://HOST; `profile test` and --manual try it',
      })
      .option('groupware-only', {
        type: 'boolean',
        default: false,
        describe: 'Calendars, contacts, tasks and notes alone: mail stays with an account of Outlook’s own',
      })
      .option('user', { type: 'string', describe: 'The account’s user name, if it is not the e-mail address' })
      .option('auth', {
        choices: AUTH_CHOICES,
        describe: 'How to sign in; oauth2 and external (by a client certificate) need no password',
      })
      .option('remember-password', {
        type: 'boolean',
        default: true,
        describe: 'Keep the password, encrypted (--no-remember-password asks for it at each start)',
      })
      .option('manual', {
        type: 'boolean',
        default: false,
        describe:
          'Search for nothing: ask for the IMAP and SMTP server where --imap or --smtp is not given; test every connection, also those of --sieve, --dav and --carddav',
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
      .option('local', {
        type: 'boolean',
        default: false,
        describe: 'Without an account: it has its local password, and can be bound to an account later',
      })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: addProfile,
})

/** Adds a profile as `profile add` does. @returns the exit code */
export async function addProfile(options: AddedProfile, context: CommandContext): Promise<number> {
  const { name, email } = namesOf(options)
  if (options.local) return addLocal({ name, email }, options, context)
  const { imap, smtp, dav, carddav, sieve, user, auth, manual = false, yes = false, sync = true } = options
  const { 'remember-password': rememberPassword = true, 'groupware-only': isGroupwareOnly = false } = options
  if (isGroupwareOnly && (imap !== undefined || manual)) throw bothGiven()
  assertSettings({ email, imap, smtp, dav, carddav, sieve, user }) // before anybody is asked, or any server
  const password = usesPassword(auth)
    ? await context.terminal.secret(`Password of ${email}: `, context.signal)
    : undefined
  if (password === '') throw emptyPassword()
  const servers = { imap, smtp, dav, carddav, sieve, isGroupwareOnly }
  const profile = { name, email, ...servers, user, auth, password, rememberPassword }
  const document = manual ? await addManual(profile, context) : await addFound(profile, { yes, sync }, context)
  context.terminal.result(document, added => addedText(added, auth))
  const isBroken = document.tests?.some(({ ok }) => !ok) ?? false
  return isBroken || (document.sync?.errors.length ?? 0) > 0 ? 1 : 0
}

/** Adds the profile with the servers that a person names. A server that does not work is told, and taken all the same. */
async function addManual(profile: NewProfile, context: CommandContext): Promise<AddedDocument> {
  const { servers, tests } = await manualServers(profile, context)
  return { ...(await call<AddedDocument>(context, 'profile.add', { ...profile, ...servers })), tests }
}

/** Adds a profile that has no account. */
async function addLocal(
  profile: Pick<NewProfile, 'name' | 'email'>,
  { imap, smtp, dav, carddav, sieve, user, auth, manual, 'groupware-only': isGroupwareOnly }: AddedProfile,
  context: CommandContext,
): Promise<number> {
  const isOther = isGroupwareOnly || manual
  if (isOther || [imap, smtp, dav, carddav, sieve, user, auth].some(value => value !== undefined)) throw localOrNot()
  const document = await call<AddedDocument>(context, 'profile.add', { ...profile, isLocal: true })
  context.terminal.result(document, ({ name }) =>
    [
      `added ${name}, bound to no account`,
      `next: postern profile outlook ${name}, postern item add INBOX FILE, postern profile bind ${name} ADDRESS`,
    ].join('\n'),
  )
  return 0
}

/** Adds the profile; where nobody says which servers it has, they are searched for. */
async function addFound(
  profile: NewProfile,
  options: Pick<AddOptions, 'yes' | 'sync'>,
  context: CommandContext,
): Promise<AddedDocument> {
  try {
    return await call<AddedDocument>(context, 'profile.add', profile)
  } catch (error) {
    const isUnknown = error instanceof PosternError && error.code === ('PROFILE_NO_SERVERS' satisfies ProfileErrorCode)
    if (!isUnknown || profile.password === undefined) throw error
  }
  const { email, password, smtp, sieve, user, isGroupwareOnly } = profile
  const find = isGroupwareOnly ? findDavServers : findServers
  const { found, ...servers } = await find({ email, password, smtp, sieve, user, yes: options.yes }, context)
  const added = await call<AddedDocument>(context, 'profile.add', { ...profile, ...servers })
  if (!options.sync || !profile.rememberPassword) return { ...added, found }
  return { ...added, found, sync: await synchronize({ profile: profile.name, folders: [] }, context) }
}

function localOrNot(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'A profile with --local has no servers.', {
    remedy: 'user',
    advice: 'Leave out --local, or give the servers later: postern profile bind NAME ADDRESS.',
  })
}

/** An address in place of a name says both. */
function namesOf({ name, email }: Pick<AddOptions, 'name' | 'email'>): {
  readonly name: string
  readonly email: string
} {
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

function addedText({ name, found, sync }: AddedDocument, auth: Auth | undefined): string {
  return [
    ...foundText(found),
    ...foundDavText(name, found),
    `added ${name}`,
    ...(sync ? [describeSync(sync)] : []),
    `next: ${[
      ...(auth === 'oauth2' ? [`postern profile sign-in ${name}`] : []),
      ...(auth === 'external' ? [`postern cert client import ${name} FILE`] : []),
      ...(sync ? ['postern start'] : [`postern profile test ${name}`, 'postern sync']),
      `postern profile outlook ${name}`,
    ].join(', ')}`,
  ]
    .map(printable)
    .join('\n')
}

/** Says that one of both has to be left out. */
export function bothGiven(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'With --groupware-only there is no --imap.', {
    remedy: 'user',
    advice: 'Leave one of them out: mail is synchronized, or it stays with an account of Outlook’s own.',
  })
}
