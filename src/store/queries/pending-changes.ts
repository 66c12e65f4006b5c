import { BLOCKED, IS_BLOCKED, KEPT_THERE } from '../blocked-items.ts'
import { MAX_UPLOAD_ATTEMPTS } from '../changes/push-outcomes.ts'
import type { Database, Row } from '../database.ts'
import type { MessageFlags } from '../flags.ts'
import { wasSetAsideFrom } from '../gone-folders.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { locationOf, numberOf, textOf } from '../row-values.ts'

/** A change of a folder, to be made on the server. */
export interface FolderChange {
  readonly seq: number
  readonly kind: 'create' | 'rename' | 'delete'
  readonly path: string
  readonly newPath: string | undefined
  /** What a folder to be made is for. */
  readonly role: string | undefined
  /** Of a folder to be deleted: what it had when it was last read; 0 when not all of that was downloaded. */
  readonly uidNext: number | undefined
  readonly uidValidity: number | undefined
  readonly attempts: number
  /** The folder's id, undefined for one that is not known any more. */
  readonly folder: number | undefined
}

/** An item that was moved out of a folder to be deleted, and the UID that it has there. */
export interface MovedOut {
  readonly item: number
  readonly uid: number
}

/** A message to be appended. */
export interface PendingAppend {
  readonly item: number
  /** The folder it is appended to. */
  readonly folder: number
  readonly location: PackLocation
  readonly flags: MessageFlags
  readonly internalDateMs: number
  readonly messageId: string | undefined
  readonly attempts: number
  /** How often its answer was lost. */
  readonly lost: number
}

/** An append or a move whose answer was lost. */
export interface InflightChange {
  readonly item: number
  readonly kind: 'append' | 'move'
  readonly destination: number
  readonly uidNextBefore: number
  readonly messageId: string | undefined
  readonly size: number
}

/** A message to be moved on the server. */
export interface PendingMove {
  readonly item: number
  readonly uid: number
  readonly destination: number
  readonly location: PackLocation
  readonly messageId: string | undefined
}

/** A message whose flags the server does not have yet. */
export interface PendingFlags {
  readonly item: number
  readonly revision: number
  /** The server was told of all that it keeps: what differs is known here alone. */
  readonly isSettled: boolean
  readonly uid: number
  readonly server: MessageFlags
  readonly local: MessageFlags
}

// Word for word the condition of the index item_changed: SQLite uses the index only then.
const CHANGED = '(server_bits <> local_bits OR server_keywords <> local_keywords OR is_gone OR remote_folder <> folder)'
// Left to itself, SQLite reads all of a folder by its UIDs.
const BY_CHANGE = 'INDEXED BY item_changed'
const TO_MOVE = `${CHANGED} AND remote_folder <> folder AND uid > 0 AND is_blocked <> ${BLOCKED}
  AND unlinked IS NULL AND is_gone = 0 AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id)`

// Moved out of a folder that is still to be deleted: another client may have moved it as well.
const MAY_BE_MOVED = `EXISTS(SELECT 1 FROM expunge JOIN op AS deletion ON deletion.source = expunge.folder
  WHERE expunge.item = op.item AND deletion.item IS NULL AND deletion.kind = 'delete')`

const FOLDER_CHANGES = `SELECT op.*, folder.given_role FROM op LEFT JOIN folder ON folder.id = op.source WHERE item IS NULL`

/** Reads what the user has changed and the server does not know. */
export class PendingChanges {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  folders(): FolderChange[] {
    return this.#database.all(`${FOLDER_CHANGES} ORDER BY seq`).map(folderChange)
  }

  /** The first change of a folder after another one. */
  folderAfter(seq: number): FolderChange | undefined {
    const row = this.#database.find(`${FOLDER_CHANGES} AND seq > ? ORDER BY seq LIMIT 1`, seq)
    return row && folderChange(row)
  }

  /** Whether something is to be removed from a folder of the server whose name was given to another one here. */
  isLeftIn(path: string, uidValidity: number): boolean {
    const sql = `SELECT 1 FROM expunge WHERE uid_validity = ? AND folder IN (SELECT id FROM folder WHERE ${wasSetAsideFrom('?')}) LIMIT 1`
    return this.#database.find(sql, uidValidity, path) !== undefined
  }

  /** What was moved out of a folder to be deleted and not sent elsewhere yet, while nobody knows if it is still there. */
  movedOut(folder: number, uidValidity: number): MovedOut[] {
    const sql = `SELECT expunge.item, expunge.uid FROM expunge JOIN op ON op.item = expunge.item
      WHERE expunge.folder = ? AND expunge.uid_validity = ? AND op.kind = 'append' AND op.state = 'ready'`
    return this.#database
      .all(sql, folder, uidValidity)
      .map(({ item, uid }) => ({ item: Number(item), uid: Number(uid) }))
  }

  /** Until when nothing is appended, because the server has no room; in ms since the epoch, 0 when it has. */
  appendsPausedUntilMs(): number {
    return Number(this.#database.find('SELECT next_at FROM quota')?.next_at ?? 0)
  }

  /** What may be appended now, in the order in which it was added; what made trouble comes last. */
  appends(nowMs: number): PendingAppend[] {
    const sql = `SELECT op.attempts, op.lost, op.destination, item.* FROM op JOIN item ON item.id = op.item
      WHERE op.kind = 'append' AND op.state = 'ready' AND op.attempts < ? AND op.next_at <= ? AND item.is_gone = 0
        AND is_blocked <> ${BLOCKED} AND item.body_state = 'full' AND NOT ${MAY_BE_MOVED} AND NOT EXISTS(SELECT 1 FROM damaged WHERE owner = 'item' AND id = item.id)
      ORDER BY op.lost, op.error IS NOT NULL, op.seq`
    return this.#database.all(sql, MAX_UPLOAD_ATTEMPTS, nowMs).map(row => ({
      item: Number(row.id),
      folder: Number(row.destination),
      location: locationOf(row),
      flags: { bits: Number(row.local_bits), keywords: String(row.local_keywords) },
      internalDateMs: Number(row.internal_date),
      messageId: textOf(row.message_id),
      attempts: Number(row.attempts),
      lost: Number(row.lost),
    }))
  }

  /** Whether there is anything that {@link PushOutcomes.searched} or `giveUpSearched` would change. */
  hasUnresolved(): boolean {
    const sql = `SELECT 1 FROM op WHERE item IS NOT NULL
      AND (state <> 'ready' OR EXISTS(SELECT 1 FROM item WHERE id = op.item AND is_gone)) LIMIT 1`
    return this.#database.find(sql) !== undefined
  }

  inflight(): InflightChange[] {
    const sql = `SELECT op.kind, op.destination, op.uid_next_before, item.* FROM op JOIN item ON item.id = op.item
      WHERE op.state = 'inflight' ORDER BY op.seq`
    return this.#database.all(sql).map(row => ({
      item: Number(row.id),
      kind: row.kind === 'move' ? 'move' : 'append',
      destination: Number(row.destination),
      uidNextBefore: Number(row.uid_next_before ?? 1),
      messageId: textOf(row.message_id),
      size: Number(row.size),
    }))
  }

  /** Whether something was sent, or is left to be removed, of which the server may know more than we. */
  hasOpen(): boolean {
    const sql = `SELECT 1 FROM op WHERE item IS NOT NULL AND state <> 'ready'
      UNION ALL SELECT 1 FROM expunge WHERE is_marked <> ${KEPT_THERE} LIMIT 1`
    return this.#database.find(sql) !== undefined
  }

  /** Folders out of which messages are to be moved on the server. */
  movedFrom(): number[] {
    const sql = `SELECT DISTINCT remote_folder AS folder FROM item WHERE ${TO_MOVE}`
    return this.#database.all(sql).map(row => Number(row.folder))
  }

  /** Messages to be moved out of a folder. */
  moves(source: number): PendingMove[] {
    const sql = `SELECT * FROM item ${BY_CHANGE} WHERE ${TO_MOVE} AND remote_folder = ? ORDER BY uid`
    return this.#database.all(sql, source).map(row => ({
      item: Number(row.id),
      uid: Number(row.uid),
      destination: Number(row.folder),
      location: locationOf(row),
      messageId: textOf(row.message_id),
    }))
  }

  /** The UIDs whose messages are elsewhere by now. */
  leftovers(folder: number, uidValidity: number): number[] {
    const sql = 'SELECT uid FROM expunge WHERE folder = ? AND uid_validity = ? AND is_marked = 0 ORDER BY uid'
    return this.#database.all(sql, folder, uidValidity).map(row => Number(row.uid))
  }

  /** The UIDs that are to be removed from a folder. */
  deletions(folder: number, uidValidity: number): number[] {
    const sql = `SELECT uid FROM item ${BY_CHANGE} WHERE ${CHANGED} AND remote_folder = ?1 AND is_gone AND uid > 0 AND unlinked IS NULL AND is_blocked = 0
      AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id)
      UNION SELECT uid FROM expunge WHERE folder = ?1 AND uid_validity = ?2 AND is_marked = 0 ORDER BY uid`
    return this.#database.all(sql, folder, uidValidity).map(row => Number(row.uid))
  }

  /** Changed flags of a folder's messages. One whose move was not answered may be here no more: it waits. */
  flags(folder: number): PendingFlags[] {
    const sql = `SELECT * FROM item ${BY_CHANGE} WHERE ${CHANGED} AND remote_folder = ? AND uid > 0 AND unlinked IS NULL AND is_gone = 0
      AND is_blocked = 0 AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id)
      AND (server_bits <> local_bits OR server_keywords <> local_keywords) ORDER BY uid`
    return this.#database.all(sql, folder).map(row => ({
      item: Number(row.id),
      revision: Number(row.local_revision),
      isSettled: row.local_revision === row.synced_revision,
      uid: Number(row.uid),
      server: flagsOf(row, 'server'),
      local: flagsOf(row, 'local'),
    }))
  }

  /** Folders in which something is to be changed, or could not be the last time. */
  touchedFolders(): number[] {
    // ALL lets SQLite use the index; without it, it reads the table in the order of folders.
    const sql = `SELECT DISTINCT id FROM (
      SELECT remote_folder AS id FROM item WHERE ${CHANGED} AND remote_folder IS NOT NULL AND uid > 0
      UNION ALL SELECT folder FROM item WHERE ${CHANGED} AND remote_folder <> folder AND uid > 0
      UNION ALL SELECT destination FROM op WHERE kind = 'append' AND item IS NOT NULL AND state = 'ready'
      UNION ALL SELECT id FROM folder WHERE error LIKE '%"SYNC_READ_ONLY"%')`
    return this.#database.all(sql).map(({ id }) => Number(id))
  }

  /** Items with changes that the server does not take where they are. */
  blocked(): number[] {
    return this.#database.all(`SELECT id FROM item WHERE ${IS_BLOCKED}`).map(({ id }) => Number(id))
  }

  /** Folders with changes of flags or deletions to be told. */
  changedFolders(): number[] {
    const sql = `SELECT DISTINCT remote_folder AS folder FROM item WHERE ${CHANGED} AND remote_folder IS NOT NULL AND uid > 0
      UNION SELECT folder FROM expunge WHERE is_marked = 0 UNION SELECT id FROM folder WHERE deletions IS NOT NULL`
    return this.#database.all(sql).map(row => Number(row.folder))
  }
}

function flagsOf(row: Row, side: 'server' | 'local'): MessageFlags {
  return { bits: Number(row[`${side}_bits`]), keywords: String(row[`${side}_keywords`]) }
}

function folderChange(row: Row): FolderChange {
  return {
    seq: Number(row.seq),
    kind: row.kind as FolderChange['kind'], // held to these by a CHECK
    path: String(row.path),
    newPath: textOf(row.new_path),
    role: textOf(row.given_role),
    uidNext: numberOf(row.uid_next_before),
    uidValidity: numberOf(row.uid_validity_before),
    attempts: Number(row.attempts),
    folder: numberOf(row.source),
  }
}
