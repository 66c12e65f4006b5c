import type { Database, Row } from '../database.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { locationOf } from '../row-values.ts'
import type { DownloadRow } from '../rows.ts'
import type { Resolution } from './conflicts.ts'

/** A message of the server that the store does not know, as far as PLAN read it. */
export interface IncomingMessage extends DownloadRow {
  /** SHA-256 of its header, when it was asked for. */
  readonly headerHash?: Buffer | undefined
}

/** What a message is recognised by. */
export interface Recognisable {
  readonly emailId: string | undefined
  readonly messageId: string | undefined
  readonly size: number
  readonly internalDateMs: number
}

/** What recognising messages needs to know. */
export interface AdoptionContext {
  readonly resolution: Resolution
  /** Reads the header of a stored body and hashes it. */
  readonly headerHashOf: (location: PackLocation) => Buffer
}

/**
 * Selects the items that a new UID may be: sent, numbered anew, vanished, or about to be sent again; some of them twice.
 * Without ALL, SQLite would read the whole table in the order of ids instead of two short indexes.
 */
export const LOOKED_FOR = `SELECT item FROM op WHERE item IS NOT NULL AND (state <> 'ready' OR source IS NOT NULL)
  UNION ALL SELECT id FROM item WHERE uid = -1 UNION ALL SELECT id FROM item WHERE unlinked IS NOT NULL`
const IS_FREE = `(item.unlinked IS NOT NULL OR item.uid = -1 AND item.remote_folder = ? OR EXISTS(SELECT 1 FROM op
  WHERE op.item = item.id AND op.kind = 'append' AND op.state = 'ready' AND op.source IS NOT NULL))`
const IS_ONLY_ONE = `NOT EXISTS(SELECT 1 FROM item AS other WHERE other.size = item.size AND other.id <> item.id AND other.uid <> 0
    AND (other.message_id = item.message_id
      OR other.message_id IS NULL AND item.message_id IS NULL AND other.internal_date = item.internal_date))`
// Before what was sent: that may not have arrived, and is looked for again. Not what is deleted here: it may be gone there.
const IS_NUMBERED_ANEW = '(item.uid = -1 AND item.remote_folder = ? AND item.unlinked IS NULL AND item.is_gone = 0)'
const NEAREST = 'ORDER BY remote_folder = ? DESC, uid'

/**
 * Finds the item that a new UID of the server is: one that we were appending or moving when the answer was lost, one whose
 * folder was numbered anew, or one that vanished elsewhere (moved by another client). Copies look the same: what the server
 * had in this very folder comes first, then what was sent here. What was sent to another folder and may have been moved from there comes last, and not at all while the server has
 * its original, which may be what was moved.
 */
export function findAdoptable(
  database: Database,
  folder: number,
  message: IncomingMessage,
  context: AdoptionContext,
): Row | undefined {
  const { headerHash } = message
  const isSame = (row: Row) => headerHash?.equals(context.headerHashOf(locationOf(row))) === true
  return (
    findVanished(database, folder, message, isSame, IS_NUMBERED_ANEW) ??
    findSent(database, message, `op.destination = ?`, folder) ??
    findVanished(database, folder, message, isSame) ??
    findSent(database, message, `op.kind = 'append' AND op.destination <> ? AND ${IS_ONLY_ONE}`, folder)
  )
}

/** The items that are under way to a folder, by the UIDs that the server gave them under this UIDVALIDITY. */
export function findGiven(database: Database, folder: number, uidValidity: number): ReadonlyMap<number, Row> {
  const sql = `SELECT op.uid_next_before AS given, item.* FROM op JOIN item ON item.id = op.item
    WHERE destination = ? AND state <> 'ready' AND uid_validity_before = ?`
  return new Map(database.all(sql, folder, uidValidity).map(({ given, ...row }) => [Number(given), row]))
}

/**
 * What we sent has the same Message-ID and size; without a Message-ID, the same header. Of copies that are under way
 * together a move is preferred: had it not arrived, its message is still at its source and is removed there, and an append
 * that is not recognised is repeated; the other way round one of them would be lost.
 */
function findSent(
  database: Database,
  { messageId, size, headerHash }: IncomingMessage,
  destination: string,
  folder: number,
): Row | undefined {
  const key = messageId ?? headerHash
  if (key === undefined) return undefined
  // CROSS JOIN: by the item; much may be waiting to be uploaded.
  return database.find(
    `SELECT item.* FROM item CROSS JOIN op ON op.item = item.id
       WHERE ${messageId === undefined ? 'message_id IS NULL AND sent_hash' : 'message_id'} = ? AND size = ?
         AND op.state <> 'ready' AND ${destination}
       ORDER BY op.kind = 'move' DESC, op.seq LIMIT 1`,
    ...[key, size, folder],
  )
}

/** Finds an item that vanished, or lost its UID, and is the same message; `isSame` proves it without a Message-ID. */
export function findVanished(
  database: Database,
  folder: number,
  { emailId, messageId, size, internalDateMs }: Recognisable,
  isSame: (row: Row) => boolean,
  isFree = IS_FREE,
): Row | undefined {
  if (emailId !== undefined) {
    const sql = `SELECT * FROM item WHERE email_id = ? AND ${isFree} ${NEAREST}`
    const row = database.find(sql, emailId, folder, folder)
    if (row) return row
  }
  const free = `size = ? AND internal_date = ? AND ${isFree} ${NEAREST}`
  if (messageId !== undefined) {
    const sql = `SELECT * FROM item WHERE message_id = ? AND ${free}`
    return database.find(sql, messageId, size, internalDateMs, folder, folder)
  }
  return database
    .all(`SELECT * FROM item WHERE message_id IS NULL AND ${free}`, size, internalDateMs, folder, folder)
    .find(isSame)
}

// Of the folder it was moved to before that it came from; while a move of ours to elsewhere has no answer, for two more.
const TWIN_CYCLES = 3

// What the user deletes here vanishes for that very reason: a copy that the user could see then is another message.
const CAME_LATER = `(SELECT min(seq) FROM ledger WHERE ledger.item = item.id) >
  (SELECT max(seq) FROM ledger WHERE ledger.item = ?3 AND event = 'deleting')`

/**
 * Finds the message that a vanished item turned up as before it vanished, in a folder that was looked at first. What never
 * came from the server (`born` is 0), such as a copy that was made here, is no such message.
 */
export function findTwin(database: Database, row: Row): Row | undefined {
  const since = Math.max(1, Number(row.unlinked) - TWIN_CYCLES)
  const same = `size = ?1 AND internal_date = ?2 AND id <> ?3 AND born >= ?4 AND uid > 0 AND unlinked IS NULL
    ${row.is_gone === 1 ? `AND ${CAME_LATER}` : ''}`
  const values = [Number(row.size), Number(row.internal_date), Number(row.id), since]
  if (typeof row.message_id === 'string') {
    const sql = `SELECT * FROM item WHERE message_id = ?5 AND ${same} ORDER BY id LIMIT 1`
    return database.find(sql, ...values, row.message_id)
  }
  return database
    .all(`SELECT * FROM item WHERE message_id IS NULL AND ${same} ORDER BY id`, ...values)
    .find(twin => isSameMessage(row, twin))
}

/**
 * Finds an item that is to be uploaded again and is the same message as a vanished one: it was moved more than once on the
 * server, and came here twice, before all of it vanished.
 */
export function findUploadedAgain(database: Database, row: Row): Row | undefined {
  const since = Number(row.unlinked) - TWIN_CYCLES
  const name = typeof row.message_id === 'string' ? [row.message_id] : []
  // CROSS JOIN: by what names the message; much may be waiting to be uploaded.
  const sql = `SELECT item.* FROM item CROSS JOIN op ON op.item = item.id
    WHERE ${name.length === 0 ? 'message_id IS NULL' : 'message_id = ?'} AND size = ? AND internal_date = ? AND item.id <> ?
      AND max(born, ?) >= ? AND op.kind = 'append' AND op.source IS NOT NULL`
  const values = [Number(row.size), Number(row.internal_date), Number(row.id), Number(row.born), since]
  return database.all(sql, ...name, ...values).find(other => name.length > 0 || isSameMessage(row, other))
}

/** Tells which messages may be among what is still to be downloaded. */
export interface Arriving {
  has(row: Row): boolean
}

/** Finds out which of these items may be arriving: one look at the queues, however many they are. */
export function findArriving(database: Database, rows: readonly Row[]): Arriving {
  if (rows.length === 0) return new Set()
  const wanted = JSON.stringify(rows.map(({ size, internal_date }) => [size, internal_date]))
  const ofQueue = (queue: 'dlq' | 'stage') => `SELECT size, internal_date FROM ${queue} WHERE item IS NULL
    AND (size, internal_date) IN(SELECT value ->> 0, value ->> 1 FROM json_each(?1))`
  const keyOf = ({ size, internal_date }: Row) => `${size} ${internal_date}`
  const found = database.all(`${ofQueue('dlq')} UNION ${ofQueue('stage')}`, wanted)
  const keys = new Set(found.map(keyOf))
  return { has: row => keys.has(keyOf(row)) }
}

/** Tells whether two messages without a Message-ID, of the same size and date, are the same: by the body or what is here of it. */
export function isSameMessage(row: Row, other: Row): boolean {
  if (row.body_state === 'full' && other.body_state === 'full') return isSameHash(row.sha256, other.sha256)
  return row.subject === other.subject && row.sender === other.sender && row.date === other.date
}

function isSameHash(left: unknown, right: unknown): boolean {
  return left instanceof Uint8Array && right instanceof Uint8Array && Buffer.compare(left, right) === 0
}
