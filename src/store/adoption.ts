import type { Database, Row } from './database.ts'
import type { DownloadRow } from './rows.ts'

/** A message of the server that the store does not know, as far as PLAN read it. */
export interface IncomingMessage extends DownloadRow {
  /** SHA-256 of its header, when it was asked for. */
  readonly headerHash?: Buffer | undefined
}

/**
 * Finds the item that a new UID of the server is: one whose folder was numbered anew, one that vanished elsewhere (moved
 * by another client), or one that we were appending or moving when the answer was lost. EMAILID proves it; else
 * Message-ID and size must agree, and the date for what we did not send ourselves; without a Message-ID, the header.
 */
export function findAdoptable(database: Database, folder: number, message: IncomingMessage): Row | undefined {
  const { emailId, messageId, size, internalDateMs, headerHash } = message
  const isFree = '(item.remote_folder = ? AND item.uid = -1 OR item.unlinked IS NOT NULL)'
  const isSent = `op.state <> 'ready' AND (op.kind = 'append' OR op.kind = 'move' AND op.destination = ?)`
  if (emailId !== undefined) {
    const row = database.find(`SELECT * FROM item WHERE email_id = ? AND ${isFree} LIMIT 1`, emailId, folder)
    if (row) return row
  }
  if (messageId !== undefined) {
    return (
      database.find(
        `SELECT item.* FROM item JOIN op ON op.item = item.id WHERE message_id = ? AND size = ? AND ${isSent}
           ORDER BY op.seq LIMIT 1`,
        ...[messageId, size, folder],
      ) ??
      database.find(
        `SELECT * FROM item WHERE message_id = ? AND size = ? AND internal_date = ? AND ${isFree} ORDER BY uid LIMIT 1`,
        ...[messageId, size, internalDateMs, folder],
      )
    )
  }
  if (headerHash === undefined) return undefined
  return database.find(
    `SELECT item.* FROM item JOIN op ON op.item = item.id WHERE sent_hash = ? AND size = ? AND ${isSent}
       ORDER BY op.seq LIMIT 1`,
    ...[headerHash, size, folder],
  )
}
