import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import type { ResponseCode } from '../../../formats/imap/response.ts'
import type { ImapConnection } from '../connection/connection.ts'
import { readStatus } from './folder-status.ts'

/** Makes a folder and subscribes to it. */
export async function createFolder(connection: ImapConnection, path: string): Promise<void> {
  const name = mailboxArgument(path)
  try {
    await connection.command(['CREATE ', name])
  } catch (error) {
    if (codeOf(error)?.name !== 'ALREADYEXISTS' && !(await exists(connection, path, error))) throw error
  }
  await connection.command(['SUBSCRIBE ', name]).catch(error => {
    if (connection.hasFailed) throw error // a server may keep no subscriptions
  })
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
