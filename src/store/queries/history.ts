import { REFUSED } from '../blocked-items.ts'
import type { Database, Row } from '../database.ts'
import { numberOf, textOf } from '../row-values.ts'
import { MAX_DOWNLOAD_ATTEMPTS } from './incoming-queries.ts'

/** An entry of the ledger, with the name that the folder has now. */
export interface LedgerRow {
  readonly atMs: number
  readonly event: string
  readonly detail: string | undefined
  readonly path: string | undefined
  readonly uid: number | undefined
}

/** Where a message is now, with what is known of it there. */
export interface Whereabouts {
  readonly kind: 'item' | 'hidden' | 'deleting' | 'queue' | 'stage' | 'ignored' | 'deleted' | 'conflict' | 'purged'
  readonly path: string | undefined
  readonly uid: number
  readonly messageId: string | undefined
  readonly subject: string | undefined
  /** Of a message that is on its way: `header` when no more of it is wanted. Of one that is here: how much of it is. */
  readonly part: 'header' | 'full'
  readonly seenMs: number | undefined
  /** Why it is there: the cause of a failure, or who deleted it. */
  readonly cause: string | undefined
  readonly isSeen: boolean
}

/** Something of an item that the server is to be told, or asked. */
export interface PendingWork {
  readonly kind:
    | 'append'
    | 'move'
    | 'flags'
    | 'delete'
    | 'body'
    | 'vanished'
    | 'ignored-upload'
    | 'ignored-body'
    | 'ignored-change'
  readonly path: string | undefined
  readonly isLost: boolean
  readonly attempts: number
  readonly nextMs: number | undefined
  readonly error: string | undefined
}

/** What the store tells of one message. */
export interface Biography {
  readonly item: number | undefined
  readonly places: readonly Whereabouts[]
  readonly pending: readonly PendingWork[]
  readonly ledger: readonly LedgerRow[]
}

const LEDGER = `SELECT at, event, detail, path, ledger.uid FROM ledger LEFT JOIN folder ON folder.id = ledger.folder`
const NO_MORE = 'NULL AS cause, NULL AS seen_at'

/** Reads what happened to a message, and where it is. */
export class History {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Of an item; undefined when no trace of it is left. */
  ofItem(item: number): Biography | undefined {
    const places = this.#placesOf(item)
    const ledger = this.#ledgerOf(item)
    if (places.length === 0 && ledger.length === 0) return undefined
    return { item, places: places.length > 0 ? places : [purged(ledger)], pending: this.#pendingOf(item), ledger }
  }

  /** Of all messages with a Message-ID: those that are here or were, then those that are on their way. */
  ofMessageId(messageId: string): Biography[] {
    const ids = this.#database.all(
      `SELECT id FROM item WHERE message_id = ?1 UNION SELECT item FROM tomb WHERE message_id = ?1
         UNION SELECT item FROM conflict WHERE message_id = ?1 ORDER BY 1`,
      messageId,
    )
    const items = ids.flatMap(({ id }) => this.ofItem(Number(id)) ?? [])
    return [...items, ...this.#queued('dlq', messageId), ...this.#queued('ignored', messageId)]
  }

  /** Counts messages that are on their way and whose Message-ID is not known before they are here. */
  namelessCount(): number {
    const sql = `SELECT (SELECT count(*) FROM dlq WHERE message_id IS NULL AND item IS NULL)
      + (SELECT count(*) FROM stage WHERE item IS NULL)
      + (SELECT count(*) FROM ignored WHERE message_id IS NULL AND item IS NULL) AS n`
    return Number(this.#database.find(sql)?.n)
  }

  #placesOf(item: number): Whereabouts[] {
    const items = this.#database.all(
      `SELECT iif(is_gone, 'deleting', iif(unlinked IS NULL, 'item', 'hidden')) AS kind, path, uid, message_id, subject,
         body_state AS part, local_bits AS bits, ${NO_MORE} FROM item JOIN folder ON folder.id = folder WHERE item.id = ?`,
      item,
    )
    const tombs = this.#database.all(
      `SELECT 'deleted' AS kind, path, tomb.uid, message_id, subject, body_state AS part, bits, deleted_by AS cause,
         NULL AS seen_at FROM tomb LEFT JOIN folder ON folder.id = tomb.folder WHERE item = ? ORDER BY tomb.id`,
      item,
    )
    const conflicts = this.#database.all(
      `SELECT 'conflict' AS kind, path, 0 AS uid, message_id, NULL AS subject, body_state AS part, bits,
         side || ': ' || reason AS cause, NULL AS seen_at FROM conflict WHERE item = ? ORDER BY id`,
      item,
    )
    return [...items, ...tombs, ...conflicts].map(placeOf)
  }

  // What happened to its UID before it was an item stands in the ledger without it, until the folder was numbered anew.
  #ledgerOf(item: number): LedgerRow[] {
    const own = this.#database.all(`${LEDGER} WHERE item = ? ORDER BY seq`, item)
    const sql = `SELECT seq, folder, uid FROM ledger WHERE item = ? AND event = 'imported' ORDER BY seq LIMIT 1`
    const imported = this.#database.find(sql, item)
    const before = imported
      ? this.#ledgerOfUid(Number(imported.folder), Number(imported.uid), Number(imported.seq))
      : []
    return [...before, ...own.map(ledgerRow)]
  }

  #ledgerOfUid(folder: number, uid: number, beforeSeq: number): LedgerRow[] {
    const sql = `${LEDGER} WHERE item IS NULL AND ledger.folder = ?1 AND ledger.uid = ?2 AND seq < ?3 AND seq > coalesce(
        (SELECT max(seq) FROM ledger WHERE item IS NULL AND folder = ?1 AND uid IS NULL AND event = 'uidvalidity-changed'
          AND seq < ?3), 0) ORDER BY seq`
    return this.#database.all(sql, folder, uid, beforeSeq).map(ledgerRow)
  }

  #queued(table: 'dlq' | 'ignored', messageId: string): Biography[] {
    const cause = table === 'ignored' ? `stage || ': ' || ${table}.error` : 'NULL'
    const rows = this.#database.all(
      `SELECT '${table === 'dlq' ? 'queue' : table}' AS kind, path, folder, uid, message_id, NULL AS subject, want AS part,
         bits, ${cause} AS cause, seen_at FROM ${table} JOIN folder ON folder.id = folder WHERE message_id = ? AND item IS NULL`,
      messageId,
    )
    return rows.map(row => ({
      item: undefined,
      places: [placeOf(row)],
      pending: [],
      ledger: this.#ledgerOfUid(Number(row.folder), Number(row.uid), Number.MAX_SAFE_INTEGER),
    }))
  }

  #pendingOf(item: number): PendingWork[] {
    const row = this.#database.find('SELECT * FROM item WHERE id = ?', item)
    const op = this.#database.find(
      'SELECT op.*, folder.path AS place FROM op LEFT JOIN folder ON folder.id = destination WHERE item = ?',
      item,
    )
    const works: PendingWork[] = []
    if (op) works.push(opWork(op))
    if (!row) return works
    const place = (id: unknown) => textOf(this.#database.find('SELECT path FROM folder WHERE id = ?', Number(id))?.path)
    const work = (kind: PendingWork['kind'], path?: string) => works.push({ ...NOTHING, kind, path })
    if (row.unlinked !== null) work('vanished', place(row.remote_folder))
    else if (row.is_blocked === REFUSED)
      works.push({ ...NOTHING, kind: 'ignored-change', error: this.#refusalOf(item) })
    else if (row.is_gone === 1) work('delete', place(row.remote_folder))
    else if (Number(row.uid) > 0) {
      if (row.folder !== row.remote_folder && op?.kind !== 'move') work('move', place(row.folder))
      if (row.server_bits !== row.local_bits || row.server_keywords !== row.local_keywords) work('flags')
    }
    const queued = this.#database.find(
      'SELECT attempts FROM dlq WHERE item = ? UNION SELECT attempts FROM stage WHERE item = ?',
      item,
      item,
    )
    if (queued) works.push({ ...NOTHING, kind: 'body', attempts: Number(queued.attempts) })
    const ignored = this.#database.find('SELECT error FROM ignored WHERE item = ?', item)
    if (ignored) works.push({ ...NOTHING, kind: 'ignored-body', error: textOf(ignored.error) })
    return works
  }

  #refusalOf(item: number): string | undefined {
    const sql = `SELECT detail FROM ledger WHERE item = ? AND event = 'change-ignored' ORDER BY seq DESC LIMIT 1`
    return textOf(this.#database.find(sql, item)?.detail)
  }
}

const NOTHING = { path: undefined, isLost: false, attempts: 0, nextMs: undefined, error: undefined } as const

function opWork(op: Row): PendingWork {
  const attempts = Number(op.attempts)
  const isIgnored = op.kind === 'append' && attempts >= MAX_DOWNLOAD_ATTEMPTS
  return {
    kind: isIgnored ? 'ignored-upload' : op.kind === 'append' ? 'append' : 'move',
    path: textOf(op.place),
    isLost: op.state !== 'ready',
    attempts,
    nextMs: Number(op.next_at) > 0 ? Number(op.next_at) : undefined,
    error: textOf(op.error),
  }
}

// Nothing of it is here any more but its story.
function purged(ledger: readonly LedgerRow[]): Whereabouts {
  const last = ledger.findLast(({ path }) => path !== undefined)
  const nothing = {
    messageId: undefined,
    subject: undefined,
    part: 'header',
    seenMs: undefined,
    cause: undefined,
  } as const
  return { ...nothing, kind: 'purged', path: last?.path, uid: last?.uid ?? 0, isSeen: false }
}

function placeOf(row: Row): Whereabouts {
  return {
    kind: row.kind as Whereabouts['kind'], // named by the query
    path: textOf(row.path),
    uid: Number(row.uid),
    messageId: textOf(row.message_id),
    subject: textOf(row.subject),
    part: row.part === 'header' ? 'header' : 'full',
    seenMs: numberOf(row.seen_at),
    cause: textOf(row.cause),
    isSeen: (Number(row.bits) & 1) !== 0,
  }
}

function ledgerRow(row: Row): LedgerRow {
  const [event, detail, path, uid] = [String(row.event), textOf(row.detail), textOf(row.path), numberOf(row.uid)]
  return { atMs: Number(row.at), event, detail, path, uid }
}
