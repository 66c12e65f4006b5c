import { TOMB_DAYS } from '../../store/changes/purge.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { ConflictRow } from '../../store/queries/kept-versions.ts'
import type { StoreReader } from '../../store/reader.ts'

const PAGE_ROWS = 500
const DAY_MS = 86_400_000
const MAX_DATE_MS = 8.64e15 // ECMA-262 section 21.4.1.1: beyond it a Date has no text

/** A deleted message or object as `item list --deleted` shows it; `row` becomes the id. */
export interface DeletedListing {
  readonly row: number | string
  readonly folder: string
  readonly messageId: string | null
  readonly subject: string | null
  readonly from: string | null
  readonly date: string | null
  readonly size: number
  readonly flags: readonly string[]
  /** `deleting` until the server knows. */
  readonly state: 'deleting' | 'deleted'
  readonly deletedBy: 'local' | 'server'
  readonly deletedAt: string | null
  readonly restorableUntil: string | null
}

/** A version that lost a conflict as `conflict list` shows it; `row` becomes the id, `itemRow` the message's. */
export interface ConflictListing {
  readonly row: number | string
  readonly itemRow: number | string
  readonly side: 'local' | 'server'
  readonly reason: string
  readonly folder: string
  readonly messageId: string | null
  readonly subject: string | null
  readonly from: string | null
  readonly date: string | null
  readonly size: number
  readonly flags: readonly string[]
  readonly at: string | null
  readonly seen: boolean
}

/** The same with what is known of the other version, and the first part of the text. */
export interface ConflictDetails extends ConflictListing {
  readonly why: string
  readonly received: string | null
  readonly sha256: string
  readonly bodyState: 'header' | 'full'
  readonly other: { readonly folder: string | null; readonly flags: readonly string[]; readonly state: string }
}

const REASONS = {
  'deleted-on-server': 'It was changed here, and deleted on the server before the server knew of the change.',
  'deleted-here': 'It was deleted here, and changed on the server before the server knew of the deletion.',
  'read-only': 'It was put into a folder in which the server lets nobody write.',
} as const

const OTHER_STATES = {
  'deleted-on-server': 'deleted on the server',
  'deleted-here': 'deleted here',
  'read-only': 'not on the server',
} as const

/** Lists what can be restored, page by page. */
export function* listDeleted(store: StoreReader, id: number | undefined): Generator<readonly DeletedListing[]> {
  let page: DeletedListing[] = []
  for (const row of store.kept.deleted(id)) {
    const { item, path, messageId, subject, from, dateMs, size, flags, deletedBy, deletedMs, isPending } = row
    page.push({
      ...{ row: item, folder: path, messageId: messageId ?? null, subject: subject ?? null, from: from ?? null },
      ...{ date: isoOf(dateMs), size, flags: unpackFlags(flags), state: isPending ? 'deleting' : 'deleted', deletedBy },
      ...{ deletedAt: isoOf(deletedMs), restorableUntil: isoOf(deletedMs + TOMB_DAYS * DAY_MS) },
    })
    if (page.length < PAGE_ROWS) continue
    yield page
    page = []
  }
  yield page
}

/** Describes a conflict in one line. */
export function listConflict(row: ConflictRow): ConflictListing {
  const { id, item, side, reason, path, messageId, subject, from, dateMs, size, flags, atMs, isSeen } = row
  return {
    ...{ row: id, itemRow: item, side, reason, folder: path, messageId: messageId ?? null, subject: subject ?? null },
    ...{ from: from ?? null, date: isoOf(dateMs), size, flags: unpackFlags(flags), at: isoOf(atMs), seen: isSeen },
  }
}

/** Describes both versions of a conflict, and why one of them lost. */
export function describeConflict(store: StoreReader, row: ConflictRow): ConflictDetails {
  const { reason, other, internalDateMs, sha256, bodyState } = row
  return {
    ...listConflict(row),
    why: REASONS[reason],
    received: isoOf(internalDateMs),
    sha256: sha256.toString('hex'),
    bodyState,
    other: {
      folder: other.path ?? null,
      flags: unpackFlags(other.flags),
      state: store.hasItem(row.item) ? 'here' : OTHER_STATES[reason],
    },
  }
}

/** A time as text; null where there is none. */
export function isoOf(ms: number | undefined): string | null {
  return ms === undefined || Math.abs(ms) > MAX_DATE_MS ? null : new Date(ms).toISOString()
}
