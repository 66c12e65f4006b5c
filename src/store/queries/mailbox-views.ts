import { CONFLICT_MAILBOX, itemsOf, KEPT_AS_ITEMS } from '../conflict-mailbox.ts'
import type { Database, Row } from '../database.ts'
import type { MessageFlags } from '../flags.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { folderRow, locationOf, numberOf } from '../row-values.ts'
import type { FolderRow } from '../rows.ts'

const MAX_SPARSENESS = 3

const VISIBLE = 'folder = ? AND is_gone = 0 AND unlinked IS NULL'

const PLACE = `SELECT local_uid_validity, local_uid_next, max(
    coalesce((SELECT max(modseq) FROM item INDEXED BY item_modseq WHERE item.folder = folder.id), 1),
    coalesce((SELECT max(modseq) FROM vanished WHERE vanished.folder = folder.id), 1),
    (SELECT vanished_from - 1 FROM meta)) AS modseq
  FROM folder WHERE id = ? AND state <> 'gone'`
// Its UIDs are other ones when those of all folders are: after a backup was restored. It may take the name of a folder that
// was, and has no UIDVALIDITY that a folder can have: theirs are times of their making, in seconds.
const CONFLICT_PLACE = `SELECT local_uid_validity + 1000000000 AS local_uid_validity, max(
    coalesce((SELECT max(modseq) FROM conflict), 1),
    coalesce((SELECT max(modseq) FROM vanished WHERE folder = ${CONFLICT_MAILBOX}), 1),
    (SELECT vanished_from - 1 FROM meta)) AS modseq,
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'conflict'), 0) + 1 AS local_uid_next
  FROM folder WHERE path = 'INBOX'`

/** A folder as a mailbox that mail programs open; all numbers are the store's own and never change with the server's. */
export interface MailboxCounters {
  readonly uidValidity: number
  readonly uidNext: number
  /** Nothing that can be seen in the folder has changed after it. */
  readonly highestModseq: number
  readonly messages: number
  readonly unseen: number
  /** \\Deleted. */
  readonly deleted: number
  /** In octets. */
  readonly size: number
}

/** An open mailbox at one moment. */
export interface MailboxSnapshot {
  readonly uidValidity: number
  readonly uidNext: number
  readonly highestModseq: number
  /** Of all messages, ascending. */
  readonly uids: Uint32Array
  /** The UID of the first message that is not \\Seen. */
  readonly firstUnseen: number | undefined
}

/** A message whose flags, or whose being there, is news. */
export interface MessageNews {
  readonly uid: number
  readonly flags: MessageFlags
  readonly modseq: number
}

/** What clients can see of a folder since a mod-sequence. */
export interface MailboxChanges {
  /** Another one than before when the store was restored from a backup. */
  readonly uidValidity: number
  readonly uidNext: number
  readonly highestModseq: number
  /** New or changed, ascending. */
  readonly changed: readonly MessageNews[]
  /** UIDs that are gone; undefined when the store does not remember that far back. */
  readonly vanished: readonly number[] | undefined
}

/** A folder as a list of mailboxes shows it. */
export interface MailboxFolder
  extends Pick<FolderRow, 'id' | 'path' | 'delimiter' | 'isSelectable' | 'isReadOnly' | 'role'> {
  readonly isSubscribed: boolean
}

/** A message of an open mailbox. */
export interface MailboxItem {
  /** Negative for a kept version, see {@link KEPT_AS_ITEMS}. */
  readonly id: number
  readonly uid: number
  readonly flags: MessageFlags
  readonly modseq: number
  /** Of the whole message, in octets. */
  readonly size: number
  /** In ms since the epoch. */
  readonly internalDateMs: number
  /** When it came into the folder, in ms since the epoch; undefined when nobody noted it. */
  readonly savedDateMs: number | undefined
  readonly bodyState: 'header' | 'full'
  readonly location: PackLocation
}

/** Messages of an open mailbox by column: of each column, the same index is the same message. */
export interface MailboxColumns {
  readonly uids: readonly number[]
  readonly ids: readonly number[]
  readonly bits: readonly number[]
  readonly keywords: readonly string[]
  readonly modseqs: readonly number[]
  readonly sizes: readonly number[]
  readonly internalDatesMs: readonly number[]
  /** Null where nobody knows. */
  readonly savedDatesMs: readonly (number | null)[]
  /** 0 where only the header is here. */
  readonly wholes: readonly number[]
  /** Where the octets are that are here. */
  readonly packs: readonly number[]
  readonly offsets: readonly number[]
  readonly lengths: readonly number[]
}

/** {@link MailboxChanges}, with its messages by column: between threads, rows cost more than reading them. */
export interface ChangeColumns extends Omit<MailboxChanges, 'changed'> {
  readonly changed: Pick<MailboxColumns, (typeof NEWS_COLUMNS)[number]>
}

/** Makes rows of columns again. */
export function changesOf({ changed, ...rest }: ChangeColumns): MailboxChanges {
  const rows = changed.uids.map((uid, index) => ({
    ...{ uid, modseq: changed.modseqs[index] ?? 0 },
    flags: { bits: changed.bits[index] ?? 0, keywords: changed.keywords[index] ?? '' },
  }))
  return { ...rest, changed: rows }
}

/** Those columns that were asked for. */
export type SomeColumns = Pick<MailboxColumns, 'uids'> & Partial<MailboxColumns>

/** What has changed since a moment. */
export interface StoreNews {
  readonly modseq: number
  /** Folders in which something changed that can be seen. */
  readonly folders: readonly number[]
  /** Another one whenever the list of folders is another one. */
  readonly listing: string
}

const NEWS_COLUMNS = ['uids', 'bits', 'keywords', 'modseqs'] as const

const COLUMNS: Readonly<Record<keyof MailboxColumns, string>> = {
  uids: 'local_uid',
  ids: 'id',
  bits: 'local_bits',
  keywords: 'local_keywords',
  modseqs: 'modseq',
  sizes: 'size',
  internalDatesMs: 'internal_date',
  savedDatesMs: 'saved_at',
  wholes: `body_state <> 'header'`,
  packs: 'pack',
  offsets: 'offset',
  lengths: 'length',
}

/**
 * Reads folders as mailboxes of IMAP (RFC 9051), with the mod-sequences of RFC 7162. The mailbox {@link CONFLICT_MAILBOX} has
 * the versions that lost a conflict; it is listed while there are any, and can be read at all times.
 */
export class MailboxViews {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Lists the folders of mail, those that only hold others and Drafts included. */
  folders(): MailboxFolder[] {
    const sql = `SELECT * FROM folder WHERE kind = 'mail' AND state <> 'gone' ORDER BY path`
    const rows = this.#database.all(sql)
    const folders = rows.map(row => ({ ...folderRow(row), isSubscribed: row.is_unsubscribed === 0 }))
    return this.#hasConflicts() ? [...folders, conflictFolder(folders)] : folders
  }

  /** Tells which folders have changed after a mod-sequence. */
  news(since: number): StoreNews {
    const modseq = Number(this.#database.find('SELECT modseq FROM meta')?.modseq)
    const changed = this.#database.all(
      `SELECT id FROM folder WHERE EXISTS(SELECT 1 FROM item INDEXED BY item_modseq WHERE folder = folder.id AND modseq > ?1)
         OR EXISTS(SELECT 1 FROM vanished WHERE folder = folder.id AND modseq > ?1)
       UNION ALL SELECT ${CONFLICT_MAILBOX} WHERE EXISTS(SELECT 1 FROM conflict WHERE modseq > ?1)
         OR EXISTS(SELECT 1 FROM vanished WHERE folder = ${CONFLICT_MAILBOX} AND modseq > ?1)`,
      since,
    )
    const listing = this.#database.find(
      `SELECT json_group_array(json_array(id, path, role, state, is_selectable, is_read_only, is_unsubscribed)) AS listing
         FROM (SELECT * FROM folder ORDER BY id)`,
    )
    return {
      modseq,
      folders: changed.map(({ id }) => Number(id)),
      listing: `${listing?.listing} ${this.#hasConflicts()}`,
    }
  }

  /** Reads messages by their UIDs, which ascend; those that are not there are left out. */
  items(folder: number, uids: Uint32Array): MailboxItem[] {
    const [first, last] = [uids.at(0), uids.at(-1)]
    if (first === undefined || last === undefined) return []
    const sql = `SELECT id, local_uid, local_bits, local_keywords, modseq, size, internal_date, saved_at,
      body_state, pack, offset, length`
    // Where most of a stretch is wanted, reading all of it is faster than looking for each.
    if (last - first < MAX_SPARSENESS * uids.length) {
      const wanted = new Set(uids)
      return this.#database
        .all(
          `${sql} FROM ${itemsOf(folder)} WHERE ${VISIBLE} AND local_uid BETWEEN ? AND ? ORDER BY local_uid`,
          folder,
          first,
          last,
        )
        .map(itemOf)
        .filter(({ uid }) => wanted.has(uid))
    }
    const each = `${sql} FROM ${itemsOf(folder)} WHERE ${VISIBLE} AND local_uid IN (SELECT value FROM json_each(?)) ORDER BY local_uid`
    return this.#database.all(each, folder, JSON.stringify([...uids])).map(itemOf)
  }

  /** Reads some columns of messages, and their UIDs, where {@link items} reads rows: many messages at a time. */
  columns<Name extends keyof MailboxColumns>(
    folder: number,
    uids: Uint32Array,
    wanted: readonly Name[],
  ): Pick<MailboxColumns, Name | 'uids'> {
    const [first, last] = [uids.at(0) ?? 1, uids.at(-1) ?? 0]
    const isDense = last - first < MAX_SPARSENESS * uids.length
    const among = isDense ? 'BETWEEN ? AND ?' : 'IN (SELECT value FROM json_each(?))'
    const values = isDense ? [first, last] : [JSON.stringify([...uids])]
    const all = this.#columns(['uids', ...wanted], `${itemsOf(folder)} WHERE ${VISIBLE} AND local_uid ${among}`, [
      folder,
      ...values,
    ])
    return isSame(all.uids, uids) ? all : pick(all, new Set(uids))
  }

  // As JSON texts: a tenth of the time that rows take.
  #columns<Name extends keyof MailboxColumns>(
    wanted: readonly Name[],
    from: string,
    values: readonly (number | string)[],
  ): Pick<MailboxColumns, Name> {
    const names = [...new Set(wanted)]
    const arrays = names.map(name => `json_group_array(${COLUMNS[name]}) AS ${name}`).join(', ')
    const row = this.#database.find(`SELECT ${arrays} FROM (SELECT * FROM ${from} ORDER BY local_uid)`, ...values)
    const columns = names.map(name => [name, JSON.parse(String(row?.[name]))])
    return Object.fromEntries(columns) as Pick<MailboxColumns, Name> // the store's own values
  }

  /** The folder's own UIDVALIDITY; 0 when it is gone. */
  uidValidity(folder: number): number {
    return this.#place(folder)?.uidValidity ?? 0
  }

  /** Counts a folder; undefined when it is gone. */
  counters(folder: number): MailboxCounters | undefined {
    const place = this.#place(folder)
    if (!place) return undefined
    const row = this.#database.find(
      `SELECT count(*) AS messages, coalesce(sum(size), 0) AS size, count(iif(local_bits & 1 = 0, 1, NULL)) AS unseen,
         count(iif(local_bits & 8 <> 0, 1, NULL)) AS deleted FROM ${itemsOf(folder)} WHERE ${VISIBLE}`,
      folder,
    )
    const number = (name: string) => Number(row?.[name])
    return {
      ...{ ...place, messages: number('messages'), unseen: number('unseen') },
      ...{ deleted: number('deleted'), size: number('size') },
    }
  }

  /** Reads the UIDs of a folder; undefined when it is gone. */
  snapshot(folder: number): MailboxSnapshot | undefined {
    const place = this.#place(folder)
    if (!place) return undefined
    // As one JSON text: a tenth of the time that rows take.
    const sql = `SELECT json_group_array(uid) AS uids, min(unseen) AS unseen FROM (
      SELECT local_uid AS uid, iif(local_bits & 1 = 0, local_uid, NULL) AS unseen
        FROM ${itemsOf(folder)} WHERE ${VISIBLE} ORDER BY local_uid)`
    const row = this.#database.find(sql, folder)
    const uids = Uint32Array.from(JSON.parse(String(row?.uids)) as number[])
    return { ...place, uids, firstUnseen: typeof row?.unseen === 'number' ? row.unseen : undefined }
  }

  /** Reads what has changed after a mod-sequence; undefined when the folder is gone. */
  changes(folder: number, since: number): ChangeColumns | undefined {
    const place = this.#place(folder)
    if (!place) return undefined
    const items = folder === CONFLICT_MAILBOX ? KEPT_AS_ITEMS : 'item INDEXED BY item_modseq'
    const changed = this.#columns(NEWS_COLUMNS, `${items} WHERE ${VISIBLE} AND modseq > ?`, [folder, since])
    const from = Number(this.#database.find('SELECT vanished_from FROM meta')?.vanished_from)
    const gone = 'SELECT local_uid FROM vanished WHERE folder = ? AND modseq > ? ORDER BY local_uid'
    const vanished = this.#database.all(gone, folder, since).map(row => Number(row.local_uid))
    return {
      ...{ uidValidity: place.uidValidity, uidNext: place.uidNext, highestModseq: place.highestModseq },
      changed,
      vanished: since + 1 < from ? undefined : vanished,
    }
  }

  #hasConflicts(): boolean {
    return this.#database.find('SELECT 1 FROM conflict LIMIT 1') !== undefined
  }

  #place(folder: number) {
    const row = folder === CONFLICT_MAILBOX ? this.#database.find(CONFLICT_PLACE) : this.#database.find(PLACE, folder)
    return (
      row && {
        uidValidity: Number(row.local_uid_validity),
        uidNext: Number(row.local_uid_next),
        highestModseq: Number(row.modseq),
      }
    )
  }
}

function isSame(left: readonly number[], right: Uint32Array): boolean {
  return left.length === right.length && left.every((uid, index) => uid === right[index])
}

function pick<Columns extends SomeColumns>(all: Columns, wanted: ReadonlySet<number>): Columns {
  const isWanted = all.uids.map(uid => wanted.has(uid))
  const picked = Object.entries(all).map(([name, values]) => [
    name,
    values.filter((_: unknown, index: number) => isWanted[index]),
  ])
  return Object.fromEntries(picked) as Columns // of the same names and types
}

/** Under a name that no folder has, whatever the case of its letters. */
function conflictFolder(folders: readonly MailboxFolder[]): MailboxFolder {
  const taken = new Set(folders.map(({ path }) => path.toLowerCase()))
  let path = 'Conflicts'
  for (let number = 2; taken.has(path.toLowerCase()); number++) path = `Conflicts ${number}`
  const delimiter = folders.find(({ delimiter }) => delimiter !== undefined)?.delimiter
  const facts = { role: undefined, isSelectable: true, isSubscribed: true, isReadOnly: true }
  return { id: CONFLICT_MAILBOX, path, delimiter, ...facts }
}

function itemOf(row: Row): MailboxItem {
  return {
    ...{ id: Number(row.id), ...newsOf(row), size: Number(row.size), internalDateMs: Number(row.internal_date) },
    ...{ savedDateMs: numberOf(row.saved_at), bodyState: row.body_state === 'header' ? 'header' : 'full' },
    location: locationOf(row),
  }
}

function newsOf(row: Row): MessageNews {
  const flags = { bits: Number(row.local_bits), keywords: String(row.local_keywords) }
  return { uid: Number(row.local_uid), flags, modseq: Number(row.modseq) }
}
