import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import type { ResponseCode } from '../../../formats/imap/response.ts'
import type { GivenRole } from '../../../sync/remote.ts'
import type { ImapConnection } from '../connection/connection.ts'
import { readStatus } from './folder-status.ts'

const USES: Readonly<Record<GivenRole, string>> = {
  drafts: '\\Drafts',
  sent: '\\Sent',
  trash: '\\Trash',
  junk: '\\Junk',
  archive: '\\Archive',
}

/** Makes a folder and subscribes to it; for a use where the server takes one (RFC 6154 section 3), else for none. */
export async function createFolder(connection: ImapConnection, path: string, role?: GivenRole): Promise<void> {
  const name = mailboxArgument(path)
  const isMade = role !== undefined && (await createForUse(connection, path, role))
  try {
    if (!isMade) await connection.command(['CREATE ', name])
  } catch (error) {
    if (codeOf(error)?.name !== 'ALREADYEXISTS' && !(await exists(connection, path, error))) throw error
  }
  await connection.command(['SUBSCRIBE ', name]).catch(error => {
    if (connection.hasFailed) throw error // a server may keep no subscriptions
  })
}

// That it is refused may be because of the use alone, with [USEATTR] or without.
async function createForUse(connection: ImapConnection, path: string, role: GivenRole): Promise<boolean> {
  if (!connection.capabilities.has('CREATE-SPECIAL-USE')) return false
  try {
    await connection.command(['CREATE ', mailboxArgument(path), ` (USE (${USES[role]}))`])
    return true
  } catch (error) {
    if (connection.hasFailed) throw error
    return false
  }
}

/** Renames a folder; one that has its new name already is done. */
export async function renameFolder(connection: ImapConnection, path: string, newPath: string): Promise<void> {
  try {
    await connection.command(['RENAME ', mailboxArgument(path), ' ', mailboxArgument(newPath)])
  } catch (error) {
    const isDone = !(await exists(connection, path, error)) && (await exists(connection, newPath, error))
    if (!isDone) throw error
  }
}

/** Deletes a folder; one that is not there is done. */
export async function deleteFolder(connection: ImapConnection, path: string): Promise<void> {
  try {
    await connection.command(['DELETE ', mailboxArgument(path)])
  } catch (error) {
    if (codeOf(error)?.name !== 'NONEXISTENT' && (await exists(connection, path, error))) throw error
  }
}

async function exists(connection: ImapConnection, path: string, error: unknown): Promise<boolean> {
  if (connection.hasFailed) throw error
  return (await readStatus(connection, path)) !== undefined
}

/** The response code of a refusal. */
export function codeOf(error: unknown): ResponseCode | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'code' in cause
    ? (cause.code as ResponseCode | undefined) // the cause of UPSTREAM_REFUSED is the tagged response
    : undefined
}
