import type { AccountCounts, JoinCounts, MergeCounts } from '../../../daemon/methods/binding.ts'
import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'

/** What is done with what is here when a profile is bound. */
export type InitialChoice = 'keep' | 'delete'

/** How it was said on the command line. */
export interface InitialOptions {
  readonly keep: boolean
  readonly delete: boolean
  readonly yes: boolean
  readonly confirm: string | undefined
}

/** What the choice is about. */
export interface InitialQuestion {
  readonly name: string
  readonly email: string
  /** Messages that are here. */
  readonly items: number
  /** Entries of calendars and address books. */
  readonly entries: number
  /** Null where nobody could sign in yet: with OAuth2, or without the client certificate. */
  readonly counts: AccountCounts | null
}

/**
 * *Initial Synchronization*: shows what would be done, and lets a person decide. To delete is asked twice; nothing is asked
 * where nothing is here.
 *
 * @throws {PosternError} CLI_USAGE, CLI_NOT_CONFIRMED
 */
export async function chooseInitial(
  question: InitialQuestion,
  options: InitialOptions,
  context: CommandContext,
): Promise<InitialChoice> {
  const { terminal, signal } = context
  const { name, email, counts } = question
  if (options.keep && options.delete) throw usage('--keep and --delete contradict each other.')
  const here = hereText(question, 'local ')
  if (here === undefined && !options.delete) return 'keep'
  for (const line of countsText(counts)) terminal.say(printable(line))
  const choice = await chosen(question, options, context)
  const { yes } = options
  if (choice === 'keep') {
    await terminal.confirm(`Keep the ${here} of ${name}, and join them with ${email}?`, { yes, signal })
    return choice
  }
  const what = `Delete the ${here ?? 'local data'} of ${name}, which begins with what ${email} has? A copy is kept for 30 days.`
  await terminal.confirm(what, { yes, signal })
  await confirmByName(question, options, context)
  return choice
}

/** Writes counts for people. */
export function countsText(counts: AccountCounts | null): readonly string[] {
  return [...(counts?.mail ? mailText(counts.mail) : []), ...(counts?.entries ? entriesText(counts.entries) : [])]
}

function mailText(counts: MergeCounts): readonly string[] {
  const { local, account, known, elsewhere, upload, download, staysHere, deleted, newFolders } = counts
  return [
    `Here are ${local} messages, the account has ${account}.`,
    `  ${known} are the same${elsewhere > 0 ? `, ${elsewhere} of them in another folder there, and shown there` : ''}`,
    `  ${upload} would be uploaded, ${download} downloaded`,
    ...(staysHere > 0 ? [`  ${staysHere} would stay here alone: drafts, and headers without their text`] : []),
    ...(deleted > 0 ? [`  ${deleted} were deleted here, and would be deleted there`] : []),
    ...(newFolders.length > 0 ? [`  folders to be made there: ${newFolders.join(', ')}`] : []),
  ]
}

function entriesText(counts: JoinCounts): readonly string[] {
  const { local, account, same, differing, upload, download, deleted, newCollections } = counts
  return [
    `Here are ${local} entries of calendars and address books, the account has ${account}.`,
    `  ${same} are the same`,
    ...(differing > 0 ? [`  ${differing} differ: conflictResolution of the profile decides, what loses is kept`] : []),
    `  ${upload} would be uploaded, ${download} downloaded`,
    ...(deleted > 0 ? [`  ${deleted} were deleted here, and would be deleted there`] : []),
    ...(newCollections.length > 0
      ? [`  calendars and address books to be made there: ${newCollections.join(', ')}`]
      : []),
  ]
}

/** Says how much is here; undefined for nothing. */
function hereText({ items, entries }: InitialQuestion, which: '' | 'local ' = ''): string | undefined {
  const parts = [
    ...(items > 0 ? [`${items} ${which}messages`] : []),
    ...(entries > 0 ? [`${entries} ${which}entries of calendars and address books`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(' and ')
}

async function chosen(
  question: InitialQuestion,
  options: InitialOptions,
  { terminal, signal }: CommandContext,
): Promise<InitialChoice> {
  if (options.keep) return 'keep'
  if (options.delete) return 'delete'
  if (!terminal.canAsk) throw usage(`${hereText(question)} are here, and nobody has said what is to become of them.`)
  const answer = await terminal.question('Keep what is here, or delete it? [keep/delete] ', signal)
  if (/^k(eep)?$/i.test(answer.trim())) return 'keep'
  if (/^d(elete)?$/i.test(answer.trim())) return 'delete'
  throw notConfirmed('Neither was said; nothing was changed.')
}

async function confirmByName(
  { name }: InitialQuestion,
  { yes, confirm }: InitialOptions,
  { terminal, signal }: CommandContext,
): Promise<void> {
  const mustAsk = confirm === undefined && !yes && terminal.canAsk
  const typed = mustAsk ? await terminal.question(`Type ${name} to delete what is here of it: `, signal) : confirm
  if (typed === undefined) throw notConfirmed(`To delete, the name is needed once more: --confirm ${name}.`)
  if (typed.trim() !== name) throw notConfirmed(`${JSON.stringify(typed.trim())} is not ${name}; nothing was changed.`)
}

function usage(message: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', message, {
    remedy: 'user',
    advice: 'Give --keep, or --delete; --dry-run counts what --keep would do.',
  })
}

function notConfirmed(message: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_NOT_CONFIRMED', message, {
    remedy: 'user',
    advice: 'See `postern profile bind --help`.',
  })
}
