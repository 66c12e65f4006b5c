import { astring } from '../../formats/imap/encoder.ts'
import { encodeMailboxName } from '../../formats/imap/mailbox-name.ts'
import { type ImapValue, itemsOf, numberOf, textOf } from '../../formats/imap/value.ts'
import type { FolderRole, RemoteFolder, RemoteStatus } from '../../sync/remote.ts'
import type { DataResponse, ImapConnection } from './connection.ts'
import { mailboxOf } from './mailbox-value.ts'
import { askRights, type FolderRights, listsRights, RightsAnswers } from './rights.ts'
import { parseStatus } from './status-response.ts'

const ROLES: Readonly<Record<string, FolderRole>> = {
  '\\drafts': 'drafts',
  '\\sent': 'sent',
  '\\trash': 'trash',
  '\\junk': 'junk',
  '\\archive': 'archive',
  '\\all': 'all',
  '\\flagged': 'flagged',
}

// Where the server says nothing (no SPECIAL-USE), the usual names tell.
const ROLES_BY_NAME: Readonly<Record<string, FolderRole>> = {
  drafts: 'drafts',
  sent: 'sent',
  'sent items': 'sent',
  'sent messages': 'sent',
  trash: 'trash',
  'deleted items': 'trash',
  'deleted messages': 'trash',
  junk: 'junk',
  spam: 'junk',
  'junk e-mail': 'junk',
}

/** Prefixes of folder names (RFC 2342). */
interface Namespaces {
  /** Of the user's own folders, the first namespace: empty, or such as `INBOX.`. */
  readonly personal: string
  /** Of other users' and shared folders. */
  readonly foreign: readonly string[]
}

interface ListedFolder {
  readonly path: string
  readonly delimiter: string | undefined
  readonly attributes: readonly string[]
}

/** Reads the folder list with the counters of every folder, in one command where the server can (RFC 5258, 5819). */
export async function listFolders(connection: ImapConnection): Promise<readonly RemoteFolder[]> {
  const { capabilities } = connection
  const listed = new Map<string, ListedFolder>()
  const statuses = new Map<string, StatusAnswer>()
  const rights = new RightsAnswers()
  const data = {
    ...rights.data,
    LIST: (response: DataResponse) => keep(listed, parseList(response)),
    STATUS: (response: DataResponse) => keepStatus(statuses, response),
  }
  const hasListStatus = capabilities.has('LIST-STATUS')
  const returns = [
    ...(capabilities.has('LIST-EXTENDED') ? ['SUBSCRIBED'] : []),
    ...(capabilities.has('SPECIAL-USE') ? ['SPECIAL-USE'] : []),
    ...(listsRights(capabilities) ? ['MYRIGHTS'] : []),
    ...(hasListStatus ? [`STATUS (${statusItems(capabilities)})`] : []),
  ]
  const options = capabilities.has('LIST-EXTENDED') && returns.length > 0 ? ` RETURN (${returns.join(' ')})` : ''
  const [namespaces] = await Promise.all([
    readNamespaces(connection),
    connection.command([`LIST "" "*"${options}`], { data }),
  ])
  const folders = [...listed.values()]
  const selectable = folders.filter(isSelectable).map(({ path }) => path)
  const [subscribed] = await Promise.all([
    capabilities.has('LIST-EXTENDED') ? undefined : listSubscribed(connection),
    options === '' || !hasListStatus ? askStatus(connection, selectable, data) : undefined,
    options === '' || !listsRights(capabilities) ? askRights(connection, selectable, rights) : undefined,
  ])
  const account = { folders, namespaces, subscribed, rights: rights.byPath }
  return folders.map(folder => remoteFolder(folder, account, statuses.get(folder.path)))
}

async function readNamespaces(connection: ImapConnection): Promise<Namespaces> {
  let found: Namespaces = { personal: '', foreign: [] }
  if (!connection.capabilities.has('NAMESPACE')) return found
  const keep = ({ values }: DataResponse) => {
    const [personal = [], others = [], shared = []] = values.map(prefixesOf)
    found = { personal: personal[0] ?? '', foreign: [...others, ...shared].filter(prefix => prefix !== '') }
  }
  await connection.command(['NAMESPACE'], { data: { NAMESPACE: keep } })
  return found
}

// (("INBOX." ".") ("Archive." ".")), or NIL.
function prefixesOf(namespace: ImapValue): string[] {
  return (itemsOf(namespace) ?? []).map(each => mailboxOf(itemsOf(each)?.[0]) ?? '')
}

/** The STATUS items that Postern asks for. */
function statusItems(capabilities: ReadonlySet<string>): string {
  return [
    'MESSAGES UIDNEXT UIDVALIDITY',
    ...(capabilities.has('CONDSTORE') || capabilities.has('QRESYNC') ? ['HIGHESTMODSEQ'] : []),
    ...(capabilities.has('OBJECTID') ? ['MAILBOXID'] : []),
  ].join(' ')
}

async function askStatus(connection: ImapConnection, paths: readonly string[], data: Handlers): Promise<void> {
  const items = statusItems(connection.capabilities)
  await Promise.all(
    paths.map(path =>
      connection
        .command(['STATUS ', astring(encodeMailboxName(path)), ` (${items})`], { data })
        // A folder that refuses STATUS is examined instead, and tells its reason there.
        .catch(error => {
          if (connection.hasFailed) throw error
        }),
    ),
  )
}

/** Asks for one folder's counters, and for its APPENDLIMIT where that differs by folder (RFC 7889 section 3); undefined when the server refuses, as it does for a folder that is not there. */
export async function readStatus(connection: ImapConnection, path: string): Promise<RemoteStatus | undefined> {
  const statuses = new Map<string, StatusAnswer>()
  const data = { STATUS: (response: DataResponse) => keepStatus(statuses, response) }
  try {
    const hasLimit = connection.capabilities.has('APPENDLIMIT')
    const items = `${statusItems(connection.capabilities)}${hasLimit ? ' APPENDLIMIT' : ''}`
    await connection.command(['STATUS ', astring(encodeMailboxName(path)), ` (${items})`], { data })
  } catch (error) {
    if (connection.hasFailed) throw error
  }
  return statuses.get(path)?.status
}

type Handlers = Readonly<Record<string, (response: DataResponse) => void>>

async function listSubscribed(connection: ImapConnection): Promise<ReadonlySet<string>> {
  const paths = new Map<string, ListedFolder>()
  await connection.command(['LSUB "" "*"'], { data: { LSUB: response => keep(paths, parseList(response)) } })
  return new Set(paths.keys())
}

function keep(listed: Map<string, ListedFolder>, folder: ListedFolder | undefined): void {
  if (folder) listed.set(folder.path, folder)
}

function parseList({ values }: DataResponse): ListedFolder | undefined {
  const path = mailboxOf(values[2])
  if (path === undefined || path === '') return undefined
  return {
    path,
    delimiter: textOf(values[1]),
    attributes: (itemsOf(values[0]) ?? []).map(attribute => textOf(attribute)?.toLowerCase() ?? ''),
  }
}

interface StatusAnswer {
  readonly status: RemoteStatus
  readonly objectId: string | undefined
}

function keepStatus(statuses: Map<string, StatusAnswer>, response: DataResponse): void {
  const answer = parseStatus(response)
  if (answer?.uidValidity === undefined || answer.messages === undefined) return
  const { path, uidValidity, messages, uidNext, highestModseq, items } = answer
  statuses.set(path, {
    // APPENDLIMIT NIL stands for none.
    status: { uidValidity, messages, uidNext, highestModseq, appendLimit: numberOf(items.get('APPENDLIMIT')) },
    objectId: textOf(itemsOf(items.get('MAILBOXID'))?.[0]),
  })
}

function isSelectable({ attributes }: ListedFolder): boolean {
  return !attributes.includes('\\noselect') && !attributes.includes('\\nonexistent')
}

interface Account {
  readonly folders: readonly ListedFolder[]
  readonly namespaces: Namespaces
  readonly subscribed: ReadonlySet<string> | undefined
  readonly rights: FolderRights
}

function remoteFolder(folder: ListedFolder, account: Account, answer: StatusAnswer | undefined): RemoteFolder {
  const { path, delimiter, attributes } = folder
  return {
    path,
    delimiter,
    selectable: isSelectable(folder),
    subscribed: account.subscribed ? account.subscribed.has(path) : attributes.includes('\\subscribed'),
    role: roleOf(folder, account),
    objectId: answer?.objectId,
    rights: account.rights.get(path),
    status: answer?.status,
  }
}

function roleOf({ path, delimiter, attributes }: ListedFolder, { folders, namespaces }: Account) {
  if (path === 'INBOX') return 'inbox'
  // Another user's trash is no place for our deleted mail.
  if (namespaces.foreign.some(prefix => path.startsWith(prefix))) return undefined
  const marked = attributes.map(attribute => ROLES[attribute]).find(role => role !== undefined)
  if (marked) return marked
  const guess = ROLES_BY_NAME[ownName(path, delimiter, namespaces.personal).toLowerCase()]
  const isTaken = folders.some(other => other.attributes.some(attribute => ROLES[attribute] === guess))
  return isTaken ? undefined : guess
}

// The account's own folders lie at the top, below INBOX, or below its namespace.
function ownName(path: string, delimiter: string | undefined, personal: string): string {
  const prefix =
    [personal, delimiter ? `INBOX${delimiter}` : ''].find(each => each !== '' && path.startsWith(each)) ?? ''
  return path.slice(prefix.length)
}
