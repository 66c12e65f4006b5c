import type { Row } from '../database.ts'
import {
  changeFlags,
  DELETED,
  describeChange,
  equalFlags,
  flagChange,
  type MessageFlags,
  mergeFlags,
} from '../flags.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import { type Arriving, findArriving, findTwin, findUploadedAgain } from './adoption.ts'
import { type Conflicts, differ, localFlags, type Resolution, serverFlags } from './conflicts.ts'
import type { FolderChanges } from './folder-changes.ts'
import type { PushOutcomes } from './push-outcomes.ts'

/** Where the server has a message, and with which flags. */
export interface ServerMessage {
  readonly uid: number
  readonly flags: MessageFlags
}

/** Takes over what the server says of items, and decides what becomes of changes that the user made to the same ones. */
export class ServerChanges {
  readonly #scope: TransactionScope
  readonly #push: PushOutcomes
  readonly #folders: FolderChanges
  readonly #conflicts: Conflicts

  constructor(scope: TransactionScope, push: PushOutcomes, folders: FolderChanges, conflicts: Conflicts) {
    this.#scope = scope
    this.#push = push
    this.#folders = folders
    this.#conflicts = conflicts
  }

  /**
   * Binds an item to the UID at which the server has it. The other end of a move of ours is left to be expunged. Where
   * the user sees it follows the server when that has it in an unexpected folder: the user's own move is repeated only
   * when the client wins.
   */
  bind(row: Row, folder: number, { uid, flags }: ServerMessage, resolution: Resolution): void {
    const [id, from, database] = [Number(row.id), row.remote_folder, this.#scope.database]
    const op = database.find('SELECT kind, destination FROM op WHERE item = ?', id)
    if (op?.kind === 'move' && row.unlinked === null && typeof from === 'number' && Number(row.uid) > 0) {
      this.#scope.expungeLater(from, Number(row.uid))
    }
    const isMoved = folder !== (op?.destination ?? from) && Number(row.folder) !== folder
    const hasWish = row.folder !== (from ?? op?.destination)
    if (isMoved && row.is_gone !== 1 && !(hasWish && resolution === 'client')) this.#scope.show(row, folder)
    else if (row.unlinked !== null) this.#scope.showAgain(row)
    // Only a new number of a folder, or the end of our own upload, is no turning up again.
    const hasTurnedUp = isMoved || row.unlinked !== null || op?.kind === 'move'
    database.run(
      `UPDATE item SET remote_folder = ?, uid = ?, unlinked = NULL,
         born = iif(?, (SELECT cycle FROM meta), born) WHERE id = ?`,
      ...[folder, uid, Number(hasTurnedUp), id],
    )
    database.run('DELETE FROM op WHERE item = ?', id)
    // Its body is asked for at its new place, whatever came of it at the old one.
    database.run('DELETE FROM dlq WHERE item = ?', id)
    if (hasTurnedUp) database.run('DELETE FROM ignored WHERE item = ?', id)
    this.setFlags(isMoved ? { ...row, folder } : row, flags, resolution)
    if (isMoved) this.#changedButDeleted(id, folder, resolution)
    // A folder that is numbered anew, as some are each time they are opened, is an event of its own.
    const isOnlyNumber = !isMoved && !op && row.unlinked === null && from === folder
    if (!isOnlyNumber) this.#scope.log({ item: id, folder, uid, event: isMoved ? 'moved-on-server' : 'recognised' })
  }

  /** Merges what the server says of an item's flags into what the user sees. */
  setFlags(row: Row, remote: MessageFlags, resolution: Resolution): void {
    const [base, local] = [serverFlags(row), localFlags(row)]
    if (equalFlags(base, remote)) return
    const merged = withoutOurMark(row, mergeFlags(base, local, remote))
    this.#scope.database.run(
      `UPDATE item SET server_bits = ?, server_keywords = ?, local_bits = ?, local_keywords = ?, modseq = ? WHERE id = ?`,
      ...[remote.bits, remote.keywords, merged.bits, merged.keywords, this.#scope.modseq, Number(row.id)],
    )
    const seen = flagChange(local, merged)
    if (!equalFlags(local, merged)) {
      this.#scope.log({ item: Number(row.id), event: 'flags-changed-on-server', detail: describeChange(seen) })
    }
    // What the user's own change has brought about there, or another's wish to delete it as well, is no news.
    if (differ(local, merged)) this.#changedButDeleted(Number(row.id), Number(row.folder), resolution)
  }

  /** A whole cycle has shown that the server deleted these items, and moved them nowhere. */
  settle(items: readonly number[], resolution: Resolution): void {
    const sql = 'SELECT * FROM item WHERE id = ? AND unlinked < (SELECT cycle FROM meta)'
    const rows = this.#scope.rows(items, sql)
    const arriving = findArriving(this.#scope.database, rows)
    for (const row of rows) this.#settle(row, resolution, arriving)
  }

  #settle(row: Row, resolution: Resolution, arriving: Arriving): void {
    const twin = findTwin(this.#scope.database, row)
    const isConflict = row.is_gone !== 1 && this.#isChangedHere(row)
    const isRestored = row.is_gone !== 1 && row.gone_at !== null // our own deletion, taken back too late
    // Moved out of a folder before that was deleted: who does so wants to keep it.
    const isRescued = row.is_gone !== 1 && row.remote_folder === null
    if (twin) this.#absorb(row, twin, resolution)
    else if (arriving.has(row) && (isConflict || isRestored || this.#isWantedBack(row))) return
    else if ((isRestored || isRescued || (isConflict && resolution === 'client')) && row.body_state === 'full') {
      this.#appendAgain(row)
    } else this.giveUp(row)
  }

  /** Has items uploaded again that vanished on the server, unless they turn up elsewhere. A header alone cannot be. */
  uploadAgain(rows: readonly Row[]): void {
    const arriving = findArriving(this.#scope.database, rows)
    for (const row of rows) {
      const twin = row.unlinked === null ? undefined : findTwin(this.#scope.database, row)
      if (twin) this.#absorb(row, twin, 'server')
      else if (row.body_state === 'full' && !arriving.has(row)) this.#appendAgain(row)
    }
  }

  /** Removes an item that the server does not have; a version that was changed here is kept. */
  giveUp(row: Row): void {
    if (row.is_gone === 1) this.#scope.bury(row, 'local')
    else if (!this.#isChangedHere(row)) this.#scope.bury(row, 'server')
    else {
      this.#conflicts.keepLocal(row, 'deleted-on-server')
      this.#scope.remove(row)
    }
  }

  // The message had come as a new one before it vanished where it was: the item goes on, with what the user did to both.
  #absorb(row: Row, twin: Row, resolution: Resolution): void {
    const { database } = this.#scope
    if (database.find('SELECT 1 FROM op WHERE item = ?', Number(twin.id))) return // on its way: in a later cycle
    if (twin.is_gone !== 1) this.#scope.putVanished(Number(twin.folder), Number(twin.local_uid))
    this.#scope.remove(twin)
    this.#scope.log({
      item: Number(twin.id),
      event: 'merged',
      detail: `into ${row.id}, of which it is the same message`,
    })
    const found = { uid: Number(twin.uid), flags: serverFlags(twin) }
    this.bind(row, Number(twin.remote_folder), found, resolution)
    const item = database.find('SELECT * FROM item WHERE id = ?', Number(row.id))
    if (!item) return
    const { bits, keywords } = changeFlags(localFlags(item), flagChange(found.flags, localFlags(twin)))
    database.run(
      `UPDATE item SET local_bits = ?, local_keywords = ?, local_revision = local_revision + 1, is_gone = is_gone OR ?,
         gone_at = coalesce(gone_at, ?) WHERE id = ?`,
      ...[bits, keywords, Number(twin.is_gone), twin.is_gone === 1 ? Number(twin.gone_at) : null, Number(row.id)],
    )
    if (twin.folder !== twin.remote_folder) this.#scope.show(item, Number(twin.folder))
  }

  #appendAgain(row: Row): void {
    const { database } = this.#scope
    const other = row.unlinked === null ? undefined : findUploadedAgain(database, row)
    if (!other) {
      this.#folders.revive(Number(row.folder))
      this.#push.appendAgain(row)
      return
    }
    this.#scope.remove(row)
    const [id, change] = [Number(row.id), flagChange(serverFlags(row), localFlags(row))]
    const { bits, keywords } = changeFlags(localFlags(other), change)
    const sql = 'UPDATE item SET local_bits = ?, local_keywords = ?, modseq = ? WHERE id = ?'
    database.run(sql, bits, keywords, this.#scope.modseq, Number(other.id))
    this.#scope.log({ item: id, event: 'merged', detail: `into ${other.id}, of which it is the same message` })
  }

  // A header alone cannot be the loser: nothing could be restored of it.
  #changedButDeleted(id: number, folder: number, resolution: Resolution): void {
    const row = this.#scope.database.find('SELECT * FROM item WHERE id = ? AND is_gone', id)
    if (!row) return
    if (resolution === 'client' && row.body_state === 'full') {
      this.#conflicts.keepServer(row, { folder: Number(row.remote_folder), flags: serverFlags(row) })
    } else {
      this.#scope.undelete(row, folder, 'deletion-forgotten')
    }
  }

  // Thrown away here as well, or flags that the server would not keep: both sides agree.
  #isChangedHere(row: Row): boolean {
    if (row.folder !== row.remote_folder) return row.folder !== this.#trash()
    return Number(row.local_revision) > Number(row.synced_revision) && differ(serverFlags(row), localFlags(row))
  }

  #isWantedBack({ remote_folder }: Row): boolean {
    const sql = `SELECT 1 FROM folder WHERE id = ? AND consent = 'restore'`
    return this.#scope.database.find(sql, Number(remote_folder)) !== undefined
  }

  #trash(): unknown {
    return this.#scope.database.find(`SELECT id FROM folder WHERE role = 'trash' AND state <> 'gone'`)?.id
  }
}

// The mark on an item that was restored is our own: it is taken off on the server as well.
function withoutOurMark(row: Row, flags: MessageFlags): MessageFlags {
  return row.is_gone !== 1 && row.gone_at !== null ? { ...flags, bits: flags.bits & ~DELETED } : flags
}
