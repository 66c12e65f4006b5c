import { decodeMailboxName } from '../../../formats/imap/mailbox-name.ts'
import { tooLarge } from '../../../formats/imap/too-large.ts'
import { type ImapValue, itemsOf, textOf } from '../../../formats/imap/value.ts'
import type { RemoteFolder, RemoteStatus } from '../../../sync/remote.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'
import { FolderRoles, type ListedFolder, type Namespaces } from './folder-roles.ts'
import { askStatuses, StatusAnswers, statusItems } from './folder-status.ts'
import { mailboxOf } from './mailbox-value.ts'
import { askRights, type FolderRights, listsRights, RightsAnswers } from './rights.ts'

const NUL = Buffer.from([0])
const MAX_FOLDERS = 1_000_000 // what is told of each is held in memory

/** Reads the folder list with the counters of every folder, in one command where the server can (RFC 5258, 5819). */
export async function listFolders(connection: ImapConnection): Promise<readonly RemoteFolder[]> {
  const { capabilities } = connection
  const listed = new Map<string, ListedFolder>()
  const statuses = new StatusAnswers()
  const rights = new RightsAnswers()
  const data = { ...rights.data, ...statuses.data, LIST: (response: DataResponse) => keep(listed, response) }
  const options = returnOptions(capabilities)
  const [namespaces] = await Promise.all([
    readNamespaces(connection),
    connection.command([`LIST "" "*"${options}`], { data }),
  ])
  const folders = [...listed.values()]
  const selectable = folders.filter(isSelectable).map(({ path }) => path)
  const [subscribed] = await Promise.all([
    capabilities.has('LIST-EXTENDED') ? undefined : listSubscribed(connection),
    options.includes(' STATUS ') ? undefined : askStatuses(connection, selectable, statuses),
    options.includes(' MYRIGHTS') ? undefined : askRights(connection, selectable, rights),
  ])
  const account = { roles: new FolderRoles(folders, namespaces), subscribed, rights: rights.byPath }
  return folders.map(folder => remoteFolder(folder, account, statuses.byPath.get(folder.path)))
}

function returnOptions(capabilities: ReadonlySet<string>): string {
  if (!capabilities.has('LIST-EXTENDED')) return ''
  const options = [
    'SUBSCRIBED',
    ...(capabilities.has('SPECIAL-USE') ? ['SPECIAL-USE'] : []),
    ...(listsRights(capabilities) ? ['MYRIGHTS'] : []),
    ...(capabilities.has('LIST-STATUS') ? [`STATUS (${statusItems(capabilities)})`] : []),
  ]
  return ` RETURN (${options.join(' ')})`
}

async function readNamespaces(connection: ImapConnection): Promise<Namespaces> {
  let found: Namespaces = { personal: '', foreign: [] }
  if (!connection.capabilities.has('NAMESPACE')) return found
  const keep = ({ values }: DataResponse) => {
    const [personal = [], others = [], shared = []] = values.map(prefixesOf)
    found = { personal: personal[0] ?? '', foreign: [...others, ...shared].filter(prefix => prefix !== '') }
  }
  await optional(connection, ['NAMESPACE'], { data: { NAMESPACE: keep } })
  return found
}

// (("INBOX." ".") ("Archive." ".")), or NIL.
function prefixesOf(namespace: ImapValue): string[] {
  return (itemsOf(namespace) ?? []).map(each => mailboxOf(itemsOf(each)?.[0]) ?? '')
}

async function listSubscribed(connection: ImapConnection): Promise<ReadonlySet<string>> {
  const listed = new Map<string, ListedFolder>()
  await optional(connection, ['LSUB "" "*"'], { data: { LSUB: response => keep(listed, response) } })
  return new Set(listed.keys())
}

// What the server need not tell: that it refuses says nothing.
async function optional(...[connection, ...command]: [ImapConnection, ...Parameters<ImapConnection['command']>]) {
  await connection.command(...command).catch(error => {
    if (connection.hasFailed) throw error
  })
}

function keep(listed: Map<string, ListedFolder>, { values }: DataResponse): void {
  const path = mailboxOf(values[2])
  // NUL, which no name may have, could not be said in any command.
  if (path === undefined || path === '' || path.includes(decodeMailboxName(NUL))) return
  if (listed.size >= MAX_FOLDERS) throw tooLarge(`more than ${MAX_FOLDERS} folders`)
  const delimiter = textOf(values[1])
  const attributes = (itemsOf(values[0]) ?? []).map(attribute => textOf(attribute)?.toLowerCase() ?? '')
  listed.set(path, { path, delimiter: delimiter?.length === 1 ? delimiter : undefined, attributes })
}

function isSelectable({ attributes }: ListedFolder): boolean {
  return !attributes.includes('\\noselect') && !attributes.includes('\\nonexistent')
}

interface Account {
  readonly roles: FolderRoles
  readonly subscribed: ReadonlySet<string> | undefined
  readonly rights: FolderRights
}

function remoteFolder(folder: ListedFolder, account: Account, status: RemoteStatus | undefined): RemoteFolder {
  const { path, delimiter, attributes } = folder
  return {
    path,
    delimiter,
    selectable: isSelectable(folder),
    subscribed: account.subscribed ? account.subscribed.has(path) : attributes.includes('\\subscribed'),
    role: account.roles.of(folder),
    rights: account.rights.get(path),
    status,
  }
}
