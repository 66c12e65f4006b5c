import type { ListCommand } from '../../formats/imap/command/arguments/list.ts'
import { mailboxString } from '../../formats/imap/response-encoder.ts'
import type { Mailbox } from '../backend.ts'
import { matchesPattern } from '../list-pattern.ts'
import { no, ok } from '../reply.ts'
import type { ImapSession } from '../session.ts'
import type { Wire } from '../wire.ts'
import { accountOf, handler, SIGNED_IN } from './handler.ts'
import { statusLine } from './status.ts'

const MAX_PATTERNS = 100

/** A name of the hierarchy; without a mailbox it only stands above others. */
interface ListedName {
  readonly path: string
  readonly mailbox: Mailbox | undefined
  readonly hasChildren: boolean
}

/** LIST, with the options of LIST-EXTENDED and LIST-STATUS. */
export const list = handler<'list'>(SIGNED_IN, async function* (request) {
  const { session, command } = request
  if (command.patterns.length > MAX_PATTERNS) return no('too many patterns', 'LIMIT')
  const delimiter = await session.delimiter()
  if (!command.isExtended && command.patterns[0] === '') {
    yield `* LIST (\\Noselect) "${delimiter}" ""\r\n`
    return ok('done')
  }
  const account = accountOf(request)
  const names = namesOf(await account.mailboxes(), delimiter)
  const patterns = command.patterns.map(pattern => command.reference + pattern)
  for (const name of names) {
    if (!patterns.some(pattern => matchesPattern(name.path, pattern, delimiter))) continue
    const line = listLine(session, { name, names, command, delimiter })
    if (line === undefined) continue
    yield line
    if (command.returns.has('STATUS') && name.mailbox?.isSelectable) {
      yield* status(session, account, name.mailbox, command)
    }
  }
  return ok('done')
})

/** LSUB (RFC 3501 section 6.3.9). */
export const lsub = handler<'lsub'>(SIGNED_IN, async function* (request) {
  const { session, command } = request
  const delimiter = await session.delimiter()
  for (const { path, mailbox } of namesOf(await accountOf(request).mailboxes(), delimiter)) {
    if (!mailbox?.isSubscribed || !matchesPattern(path, command.reference + command.pattern, delimiter)) continue
    const attributes = mailbox.isSelectable ? '' : '\\Noselect'
    yield `* LSUB (${attributes}) "${delimiter}" ${mailboxString(path, session.isUtf8)}\r\n`
  }
  return ok('done')
})

async function* status(
  session: ImapSession,
  account: ReturnType<typeof accountOf>,
  mailbox: Mailbox,
  command: ListCommand,
): AsyncGenerator<Wire> {
  const counters = await account.counters(mailbox.id)
  if (counters) yield statusLine(session, mailbox, counters, command.status)
}

/** Every mailbox, and every name above one that is none, sorted. */
function namesOf(mailboxes: readonly Mailbox[], delimiter: string): readonly ListedName[] {
  const byPath = new Map<string, Mailbox | undefined>(mailboxes.map(mailbox => [mailbox.path, mailbox]))
  const parents = new Set<string>()
  for (const { path } of mailboxes) {
    for (let at = path.indexOf(delimiter); at > 0; at = path.indexOf(delimiter, at + 1)) parents.add(path.slice(0, at))
  }
  for (const parent of parents) if (!byPath.has(parent)) byPath.set(parent, undefined)
  return [...byPath.keys()]
    .sort((left, right) => (left < right ? -1 : 1))
    .map(path => ({ path, mailbox: byPath.get(path), hasChildren: parents.has(path) }))
}

interface Listing {
  readonly name: ListedName
  readonly names: readonly ListedName[]
  readonly command: ListCommand
  readonly delimiter: string
}

function listLine(session: ImapSession, { name, names, command, delimiter }: Listing): string | undefined {
  const { select } = command
  const isWanted = isSelected(name, command)
  const below = select.has('RECURSIVEMATCH') ? names.filter(each => each.path.startsWith(name.path + delimiter)) : []
  const isAbove = below.some(each => isSelected(each, command))
  if (!isWanted && !isAbove) return undefined
  const info = isAbove && select.has('SUBSCRIBED') ? ' (CHILDINFO ("SUBSCRIBED"))' : ''
  const path = mailboxString(name.path, session.isUtf8)
  return `* LIST (${attributesOf(name, command).join(' ')}) "${delimiter}" ${path}${info}\r\n`
}

function isSelected({ mailbox }: ListedName, { select }: ListCommand): boolean {
  if (select.has('SUBSCRIBED') && !mailbox?.isSubscribed) return false
  return !select.has('SPECIAL-USE') || roleFlag(mailbox) !== undefined
}

function attributesOf({ mailbox, hasChildren }: ListedName, { select, returns }: ListCommand): string[] {
  const role = roleFlag(mailbox)
  const isSubscribedTold = returns.has('SUBSCRIBED') || select.has('SUBSCRIBED')
  return [
    hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...(mailbox ? [] : ['\\NonExistent', '\\Noselect']),
    ...(mailbox && !mailbox.isSelectable ? ['\\Noselect'] : []),
    ...(isSubscribedTold && mailbox?.isSubscribed ? ['\\Subscribed'] : []),
    ...(role === undefined ? [] : [role]),
  ]
}

function roleFlag(mailbox: Mailbox | undefined): string | undefined {
  const role = mailbox?.role
  return role === undefined || role === 'inbox' ? undefined : `\\${role.charAt(0).toUpperCase()}${role.slice(1)}`
}
