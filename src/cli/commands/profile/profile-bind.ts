import { AUTH_CHOICES, type Auth } from '../../../config/profile-settings.ts'
import type { ServersDocument } from '../../../daemon/discovery/settings-document.ts'
import type {
  AccountCounts,
  BindingDocument,
  BoundDocument,
  JoinCounts,
  MergeCounts,
} from '../../../daemon/methods/binding.ts'
import { PosternError } from '../../../errors.ts'
import { profileBound } from '../../../profile/binding.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { describeSync, type SyncDocument, synchronize } from '../synchronize.ts'
import { type Account, type AccountOptions, findAccount, surveyAccount } from './bind-account.ts'
import { chooseInitial, countsText, type InitialChoice, type InitialOptions } from './bind-choice.ts'
import { foundDavText, foundText } from './find-servers.ts'

interface BindOptions extends InitialOptions, AccountOptions {
  name: string
  address: string | undefined
  'dry-run': boolean
  yes: boolean
  sync: boolean
  'password-stdin': boolean
}

interface BindDocument {
  readonly name: string
  readonly email: string
  readonly imap: string | null
  readonly smtp: string | null
  readonly dav: string | null
  readonly dryRun: boolean
  /** Of mail. Null where nobody could sign in yet, with OAuth2 or without the client certificate, and without mail. */
  readonly counts: MergeCounts | null
  /** Of calendars and address books. Null where nobody could sign in yet, and where there are none. */
  readonly entries: JoinCounts | null
  readonly initial: InitialChoice | null
  readonly copy: BoundDocument['copy']
  readonly found?: ServersDocument
  readonly sync?: SyncDocument
}

const NOTHING_DONE = { downloaded: 0, imported: 0, uploaded: 0, ignored: 0, conflicts: 0 }

/** `postern profile bind` */
export const profileBindCommand: Command<never> = defineCommand<BindOptions>({
  command: 'bind <name> [address]',
  describe: 'Attach a profile to an account: what is stored here is joined with what the account has, or deleted',
  examples: [
    ['$0 profile bind work ada@example.org', 'Find the servers, count what is here and there, and ask'],
    ['$0 profile bind work ada@example.org --dry-run', 'Count only; nothing is changed, here or there'],
    ['$0 profile bind work ada@example.org --keep --yes --password-stdin < file', 'Keep what is here; nobody is asked'],
    ['$0 profile bind work ada@example.org --imap imaps://imap.example.org --smtp smtps://smtp.example.org', ''],
    [
      '$0 profile bind work ada@example.org --groupware-only --dav https://dav.example.org/ --auth oauth2',
      'Calendars and contacts alone',
    ],
    ['$0 profile bind work ada@example.org --delete', 'Begin empty: asks twice, and keeps a copy for 30 days'],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'The profile’s name' })
      .positional('address', { type: 'string', describe: 'The account’s e-mail address; without it, the profile’s' })
      .option('imap', {
        type: 'string',
        describe: 'imaps://HOST, imap+starttls://HOST or imap://HOST; without it, templates or SmartDiscover tell',
      })
      .option('smtp', { type: 'string', describe: 'smtps://HOST, smtp+starttls://HOST or smtp://HOST' })
      .option('dav', {
        type: 'string',
        describe: 'https://HOST/PATH of calendars and address books; with --groupware-only SmartDiscover finds it',
      })
      .option('carddav', { type: 'string', describe: 'The same for address books, where they are on another server' })
      .option('groupware-only', {
        type: 'boolean',
        default: false,
        describe: 'Calendars, contacts, tasks and notes alone: mail stays with an account of Outlook’s own',
      })
      .option('sieve', {
        type: 'string',
        describe: 'sieve://HOST of the ManageSieve server (STARTTLS), or sieves://HOST',
      })
      .option('user', { type: 'string', describe: 'The account’s user name, if it is not the e-mail address' })
      .option('auth', {
        choices: AUTH_CHOICES,
        describe:
          'How to sign in; oauth2 and external (by a client certificate) need no password; with oauth2, or before the certificate is imported, nothing is counted beforehand',
      })
      .option('keep', {
        type: 'boolean',
        default: false,
        describe: 'Keep what is here: what the account has as well becomes one with it, the rest is uploaded',
      })
      .option('delete', {
        type: 'boolean',
        default: false,
        describe: 'Delete what is here and begin with what the account has; a copy is kept for 30 days',
      })
      .option('confirm', { type: 'string', describe: 'With --delete --yes: the profile’s name once more' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Count only' })
      .option('yes', {
        type: 'boolean',
        default: false,
        describe: 'Do not ask; also for hosts outside the domain that DNS alone names',
      })
      .option('sync', { type: 'boolean', default: true, describe: 'Synchronize at once (--no-sync does not)' })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: async (options, context) => {
    const name = String(options.name)
    const { address: email } = options
    const binding = await call<BindingDocument>(context, 'profile.binding', { name, email })
    if (binding.boundTo !== null) throw profileBound({ name, email: binding.boundTo })
    const { account, found } = await findAccount(binding, options, context)
    const counts = await surveyAccount(account, context)
    const told = toldOf(account, counts, found)
    if (options['dry-run']) {
      const document: BindDocument = { ...told, dryRun: true, initial: null, copy: null }
      context.terminal.result(document, () => dryRunText({ counts, found, auth: account.auth }))
      return 0
    }
    const initial = await chooseInitial({ ...account, ...hereOf(binding), counts }, options, context)
    const isDeleting = initial === 'delete'
    const { copy } = await call<BoundDocument>(context, 'profile.bind', { ...account, isDeleting })
    const sync = options.sync && counts !== null ? await tryToSynchronize(name, context) : undefined
    const document: BindDocument = { ...told, dryRun: false, initial, copy, ...(sync ? { sync } : {}) }
    context.terminal.result(document, bound => boundText(bound, account.auth))
    return (sync?.errors.length ?? 0) > 0 ? 1 : 0
  },
})

// It is bound, whatever becomes of the first run: that has to be told, and where the copy is.
async function tryToSynchronize(name: string, context: CommandContext): Promise<SyncDocument> {
  try {
    return await synchronize({ profile: name, folders: [] }, context)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    const { code, message } = error
    return { ...NOTHING_DONE, errors: [{ folder: '', code, message }] }
  }
}

function toldOf(account: Account, counts: AccountCounts | null, found: ServersDocument | undefined) {
  const { name, email, imap, smtp, dav } = account
  const servers = { imap: imap ?? null, smtp: smtp ?? null, dav: dav ?? null }
  const told = { name, email, ...servers, counts: counts?.mail ?? null, entries: counts?.entries ?? null }
  return { ...told, ...(found ? { found } : {}) }
}

function hereOf({ items, entries }: BindingDocument) {
  return { items, entries }
}

interface Counted {
  readonly counts: AccountCounts | null
  readonly found: ServersDocument | undefined
  readonly auth: Auth | undefined
}

function dryRunText({ counts, found, auth }: Counted): string {
  const nothing =
    auth === 'external'
      ? 'Nothing can be counted before the client certificate is here.'
      : 'With OAuth2 nothing can be counted before somebody has signed in.'
  return [...foundText(found), ...(counts ? countsText(counts) : [nothing]), 'Nothing was changed.']
    .map(printable)
    .join('\n')
}

function boundText({ name, email, dav, initial, copy, found, sync }: BindDocument, auth: Auth | undefined): string {
  const before =
    auth === 'oauth2'
      ? [`postern profile sign-in ${name}`]
      : auth === 'external'
        ? [`postern cert client import ${name} FILE, where it is not here yet`]
        : []
  return [
    ...foundText(found),
    ...(dav === null ? foundDavText(name, found) : []),
    `${name} is bound to ${email}${initial === 'delete' ? ', and began empty' : ''}`,
    ...(copy
      ? [
          `what was here before is in ${copy.dir} until ${copy.until.slice(0, 10)}`,
          `to have it back beside the account’s: postern store restore ${copy.dir} --profile ${name}, then postern sync`,
          `to have it back alone: postern profile unbind ${name} first`,
        ]
      : []),
    ...(sync ? [describeSync(sync)] : [`next: ${[...before, 'postern sync'].join(', then ')}`]),
  ]
    .map(printable)
    .join('\n')
}
