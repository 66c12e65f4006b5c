import type { Row } from '../database.ts'
import { DELETED, equalFlags, type MessageFlags } from '../flags.ts'
import type { TransactionScope } from '../transaction-scope.ts'

/** Which side's version of a message wins a conflict. */
export type Resolution = 'server' | 'client'

/** Why a version lost. */
export type ConflictReason = 'deleted-on-server' | 'deleted-here' | 'read-only'

interface Version {
  readonly folder: number | null
  readonly flags: MessageFlags
}

/** Keeps versions of messages that lost against the other side's, until a person decides what becomes of them. */
export class Conflicts {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Keeps the local version of an item. */
  keepLocal(row: Row, reason: ConflictReason): void {
    this.#keep(row, { side: 'local', reason, loser: localVersion(row), other: serverVersion(row) })
  }

  /** Keeps the server's version of an item that is deleted here; another one of the same deletion gives way to it. */
  keepServer(row: Row, loser: { readonly folder: number; readonly flags: MessageFlags }): void {
    this.#scope.dropKept(`item = ? AND side = 'server'`, Number(row.id))
    this.#keep(row, { side: 'server', reason: 'deleted-here', loser, other: localVersion(row) })
  }

  /** Drops a kept version for good. False when there is none of that number. */
  discard(id: number): boolean {
    const [row] = this.#scope.dropKept('id = ?', id)
    if (row) this.#scope.log({ item: Number(row.item), event: 'conflict-discarded' })
    return row !== undefined
  }

  /** Notes that a person has looked at it. */
  see(id: number): void {
    this.#scope.database.run('UPDATE conflict SET is_seen = 1 WHERE id = ? AND is_seen = 0', id)
  }

  #keep(
    row: Row,
    kept: {
      readonly side: 'local' | 'server'
      readonly reason: ConflictReason
      readonly loser: Version
      readonly other: Version
    },
  ): void {
    const { side, reason, loser, other } = kept
    this.#scope.database.run(
      `INSERT INTO conflict(item, side, reason, folder, path, message_id, internal_date, size, bits, keywords, other_path,
         other_bits, other_keywords, body_state, pack, offset, length, sha256, subject, sender, date, at, modseq)
       SELECT id, ?, ?, ?, (SELECT path FROM folder WHERE id = ?), message_id, internal_date, size, ?, ?,
         (SELECT path FROM folder WHERE id = ?), ?, ?, body_state, pack, offset, length, sha256, subject, sender, date, ?, ?
         FROM item WHERE id = ?`,
      ...[side, reason, loser.folder, loser.folder, loser.flags.bits, loser.flags.keywords],
      ...[other.folder, other.flags.bits, other.flags.keywords, this.#scope.now, this.#scope.modseq],
      Number(row.id),
    )
    const folder = loser.folder ?? 0
    this.#scope.log({ item: Number(row.id), folder, event: 'conflict', detail: `${side} version kept: ${reason}` })
  }
}

/** Tells whether two versions of the flags differ. That one of them is marked to be deleted is no difference. */
export function differ(left: MessageFlags, right: MessageFlags): boolean {
  return !equalFlags({ ...left, bits: left.bits & ~DELETED }, { ...right, bits: right.bits & ~DELETED })
}

/** What the user sees of an item. */
export function localFlags(row: Row): MessageFlags {
  return { bits: Number(row.local_bits), keywords: String(row.local_keywords) }
}

/** What the server was last known to have of an item. */
export function serverFlags(row: Row): MessageFlags {
  return { bits: Number(row.server_bits), keywords: String(row.server_keywords) }
}

function localVersion(row: Row): Version {
  return { folder: Number(row.folder), flags: localFlags(row) }
}

function serverVersion(row: Row): Version {
  return { folder: typeof row.remote_folder === 'number' ? row.remote_folder : null, flags: serverFlags(row) }
}
