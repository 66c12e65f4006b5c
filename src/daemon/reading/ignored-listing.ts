import type { StoreReader } from '../../store/reader.ts'
import { listIgnoredObjects } from './object-listing.ts'

/** A message on the ignore list, as `ignored list` shows it; `row` becomes the id of those that are here. */
export interface IgnoredListing {
  readonly row: number | string | null
  readonly folder: string
  readonly uid: number
  readonly stage: 'download' | 'import' | 'upload' | 'flags' | 'deletion'
  readonly error: string
  /** Null for an entry of a calendar or a contact. */
  readonly since: string | null
  readonly size: number
  readonly messageId: string | null
  readonly subject: string | null
}

/** Lists what failed three times in a folder, or in all. */
export function listIgnored(store: StoreReader, path: string | undefined): readonly IgnoredListing[] {
  const folder = path === undefined ? undefined : store.getAnyFolder(path).id
  const messages: readonly IgnoredListing[] = store.incoming
    .ignored(folder)
    .map(({ item, sinceMs, messageId, subject, ...rest }) => ({
      ...rest,
      row: item ?? null,
      since: new Date(sinceMs).toISOString(),
      messageId: messageId ?? null,
      subject: subject ?? null,
    }))
  return [...messages, ...listIgnoredObjects(store, folder)]
}
