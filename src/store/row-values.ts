import type { Row } from './database.ts'
import type { PackLocation } from './packs/pack-format.ts'
import { type FolderRow, type ItemRow, isCollection } from './rows.ts'

/** Makes a folder of a row of `folder`. */
export function folderRow(row: Row): FolderRow {
  return {
    id: Number(row.id),
    kind: row.kind as FolderRow['kind'], // held to these by a CHECK
    path: String(row.path),
    delimiter: textOf(row.delimiter),
    role: textOf(row.role),
    givenRole: textOf(row.given_role),
    rights: textOf(row.rights),
    isSelectable: row.is_selectable === 1,
    isExcluded: row.is_excluded === 1,
    state: row.state as FolderRow['state'], // held to these by a CHECK
    deletions: row.deletions === 'held' ? 'held' : undefined,
    isReadOnly: row.is_read_only === null ? undefined : row.is_read_only === 1,
    consent: row.consent === 'accept' || row.consent === 'restore' ? row.consent : undefined,
    error: typeof row.error === 'string' ? JSON.parse(row.error) : undefined,
    href: textOf(row.href),
    components: textOf(row.components)?.split(' ').filter(Boolean) ?? [],
    joining: row.joining === 'place' || row.joining === 'compare' ? row.joining : undefined,
    uidValidity: numberOf(row.uid_validity),
    uidNext: numberOf(row.uid_next),
    // A collection's cursor is a token, see ObjectReader.
    highestModseq: typeof row.cursor === 'string' && !isCollection({ kind: row.kind }) ? BigInt(row.cursor) : undefined,
    lastFullMs: numberOf(row.last_full_at),
  }
}

/** Makes a message of a row of `item`. */
export function itemRow(row: Row): ItemRow {
  return {
    id: Number(row.id),
    folder: Number(row.folder),
    uid: Number(row.uid),
    localUid: Number(row.local_uid),
    messageId: textOf(row.message_id),
    subject: textOf(row.subject),
    from: textOf(row.sender),
    dateMs: numberOf(row.date),
    internalDateMs: Number(row.internal_date),
    size: Number(row.size),
    flags: { bits: Number(row.local_bits), keywords: String(row.local_keywords) },
    isBlocked: row.is_blocked === 1,
    bodyState: row.body_state === 'header' ? 'header' : 'full',
    sha256: row.sha256 instanceof Uint8Array ? Buffer.from(row.sha256) : Buffer.alloc(0),
    location: locationOf(row),
  }
}

/** Reads where a row has its body. */
export function locationOf(row: Row): PackLocation {
  return { pack: Number(row.pack), offset: Number(row.offset), length: Number(row.length) }
}

/** NULL is undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** NULL is undefined. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
