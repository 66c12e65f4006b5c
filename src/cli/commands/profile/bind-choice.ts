import type { MergeCounts } from '../../../daemon/methods/binding.ts'
import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'

export type { MergeCounts }

/** What is done with the local mail when a profile is bound. */
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
  readonly counts: MergeCounts | null
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
  const { name, email, items, counts } = question
  if (options.keep && options.delete) throw usage('--keep and --delete contradict each other.')
  if (items === 0 && !options.delete) return 'keep'
  for (const line of counts ? countsText(counts) : []) terminal.say(printable(line))
  const choice = await chosen(question, options, context)
  const { yes } = options
  if (choice === 'keep') {
    await terminal.confirm(`Keep the ${items} local messages of ${name}, and join them with ${email}?`, { yes, signal })
    return choice
  }
  const what = `Delete the ${items} local messages of ${name}, which begins with what ${email} has? A copy is kept for 30 days.`
  await terminal.confirm(what, { yes, signal })
  await confirmByName(question, options, context)
  return choice
}

/** Writes counts for people. */
export function countsText(counts: MergeCounts): readonly string[] {
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

async function chosen(
  { items }: InitialQuestion,
  options: InitialOptions,
  { terminal, signal }: CommandContext,
): Promise<InitialChoice> {
  if (options.keep) return 'keep'
  if (options.delete) return 'delete'
  if (!terminal.canAsk) throw usage(`${items} messages are here, and nobody has said what is to become of them.`)
  const answer = await terminal.question('Keep the local mail, or delete it? [keep/delete] ', signal)
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
  const typed = mustAsk ? await terminal.question(`Type ${name} to delete its local mail: `, signal) : confirm
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
