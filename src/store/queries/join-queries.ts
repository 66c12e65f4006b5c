import { createHash } from 'node:crypto'
import type { Database, Row } from '../database.ts'
import { numberOf, textOf } from '../row-values.ts'
import type { FolderKind } from '../rows.ts'
import { isCollection } from '../rows.ts'
import { blobOf, octetsOf } from './object-reader.ts'

const PAGE_ROWS = 500

/** A calendar or an address book that is here, as far as it can be recognised in an account. */
export interface JoinablePlace {
  readonly id: number
  readonly kind: Exclude<FolderKind, 'mail' | 'file'>
  readonly path: string
  /** Where an account had it; undefined when none has. */
  readonly href: string | undefined
  readonly components: readonly string[]
  readonly isReadOnly: boolean
  readonly joining: 'place' | 'compare' | undefined
  /** What its place is called where it is made: always the same, and unlike those of other stores. No `/` is in it. */
  readonly segment: string
  /** Of which account its ETags are true. */
  readonly knownOf: string | undefined
}

/** An object that is here, as far as it can be recognised in an account. */
export interface JoinableObject {
  readonly id: number
  readonly href: string
  readonly etag: string | undefined
  readonly octets: Buffer
  readonly sha256: string
  /** Of what was sent without an answer. */
  readonly sentSha256: string | undefined
  readonly revision: number
  readonly isDirty: boolean
  /** Deleted here, and no server knows. */
  readonly isGone: boolean
}

/** Reads calendars and address books that are to be joined with those of an account. */
export class JoinQueries {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** All collections, in the order in which they were made. */
  places(): JoinablePlace[] {
    const rows = this.#database.all(`SELECT * FROM folder WHERE state <> 'gone' ORDER BY id`)
    return rows.filter(isCollection as (row: Row) => boolean).map(placeOf)
  }

  /** Of which account the ETags of a collection are true; undefined when of none. */
  knownOf(folder: number): string | undefined {
    return textOf(this.#database.find('SELECT known_of FROM folder WHERE id = ?', folder)?.known_of)
  }

  /** Whether any collection has no place in the account yet. */
  isPlaceDue(): boolean {
    return this.#database.find(`SELECT 1 FROM folder WHERE joining = 'place' AND state <> 'gone'`) !== undefined
  }

  /** The objects of a collection, also those that were deleted here; a page in memory. */
  *objects(folder: number): Generator<JoinableObject> {
    const sql = 'SELECT * FROM object WHERE folder = ? AND id > ? ORDER BY id LIMIT ?'
    for (let after = 0; ; ) {
      const page = this.#database.all(sql, folder, after, PAGE_ROWS).map(objectOf)
      yield* page
      if (page.length < PAGE_ROWS) return
      after = page.at(-1)?.id ?? after
    }
  }

  /** The octets of an object; none when it is gone meanwhile. */
  octets(id: number): Buffer {
    return octetsOf(this.#database.find('SELECT octets FROM object WHERE id = ?', id) ?? {})
  }

  /** Counts what the user sees in all collections. */
  count(): number {
    return Number(this.#database.find('SELECT count(*) AS n FROM object WHERE is_gone = 0')?.n)
  }
}

function placeOf(row: Row): JoinablePlace {
  const joining = textOf(row.joining)
  return {
    id: Number(row.id),
    kind: row.kind as JoinablePlace['kind'], // held to these by a CHECK, and no mail is among them
    path: String(row.path),
    href: textOf(row.href),
    components: textOf(row.components)?.split(' ').filter(Boolean) ?? [],
    isReadOnly: row.is_read_only === 1,
    joining: joining === 'place' || joining === 'compare' ? joining : undefined,
    segment: segmentOf(row),
    knownOf: textOf(row.known_of),
  }
}

function segmentOf({ id, kind, path, local_uid_validity: since }: Row): string {
  const own = createHash('sha256').update(JSON.stringify([id, kind, path, since]))
  return `postern-${own.digest('hex').slice(0, 24)}`
}

function objectOf(row: Row): JoinableObject {
  return {
    id: Number(row.id),
    href: String(row.href),
    etag: textOf(row.etag),
    octets: octetsOf(row),
    sha256: blobOf(row.sha256).toString('hex'),
    sentSha256: row.sent_sha256 === null ? undefined : blobOf(row.sent_sha256).toString('hex'),
    revision: numberOf(row.local_revision) ?? 0,
    isDirty: row.local_revision !== row.synced_revision,
    isGone: row.is_gone === 1,
  }
}
