import type { SQLInputValue } from 'node:sqlite'
import type { Database, Row } from './database.ts'
import type { DownloadRow } from './rows.ts'

/** A message of the server that the store does not know, as far as PLAN read it. */
export interface IncomingMessage extends DownloadRow {
  /** SHA-256 of its header, when it was asked for. */
  readonly headerHash?: Buffer | undefined
}

/**
 * Finds the item that a new UID of the server is: one that we were appending or moving when the answer was lost, one whose
 * folder was numbered anew, or one that vanished elsewhere (moved by another client). Copies look the same: what was sent
 * to this very folder comes first, what was sent to another one and may have been moved from there comes last.
 */
export function findAdoptable(database: Database, folder: number, message: IncomingMessage): Row | undefined {
  return (
    findSent(database, message, `op.destination = ?`, folder) ??
    findFree(database, folder, message) ??
    findSent(database, message, `op.kind = 'append' AND op.destination <> ?`, folder)
  )
}

/** What we sent has the same Message-ID and size; without a Message-ID, the same header. */
function findSent(
  database: Database,
  { messageId, size, headerHash }: IncomingMessage,
  destination: string,
  folder: number,
): Row | undefined {
  const key = messageId ?? headerHash
  if (key === undefined) return undefined
  return database.find(
    `SELECT item.* FROM item JOIN op ON op.item = item.id
       WHERE ${messageId === undefined ? 'sent_hash' : 'message_id'} = ? AND size = ? AND op.state <> 'ready' AND ${destination}
       ORDER BY op.seq LIMIT 1`,
    ...[key, size, folder],
  )
}

/** What nobody has any more: EMAILID proves it; else Message-ID, size and date must agree. */
function findFree(database: Database, folder: number, message: IncomingMessage): Row | undefined {
  const { emailId, messageId, size, internalDateMs } = message
  const find = (isSame: string, ...values: SQLInputValue[]) =>
    database.find(
      `SELECT * FROM item WHERE ${isSame} AND (remote_folder = ? AND uid = -1 OR unlinked IS NOT NULL)
         ORDER BY remote_folder = ? DESC, uid LIMIT 1`,
      ...[...values, folder, folder],
    )
  const proven = emailId === undefined ? undefined : find('email_id = ?', emailId)
  if (proven || messageId === undefined) return proven
  return find('message_id = ? AND size = ? AND internal_date = ?', messageId, size, internalDateMs)
}
