import { PosternError } from '../../errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import type { Installation } from '../installation.ts'
import type { ItemListing } from './reader-operations.ts'

/** Gives an item its id, `<profile number>-<row>`: unique in an installation, and never given twice. */
export function withId<Item extends ItemListing>(profile: number, { row, ...item }: Item) {
  return { id: `${profile}-${row}`, ...item }
}

/** Where an item is: a message, or an object of a calendar or an address book. */
export interface FoundItem {
  readonly profile: Profile
  readonly row: number
  readonly isObject: boolean
}

/** Reads an id of the form `1-42`, or `1-o42` of an object; undefined when there is no such profile. */
export function parseId(installation: Installation, id: string): FoundItem | undefined {
  const [, number, mark, row] = /^(\d{1,9})-(o?)(\d{1,15})$/.exec(id) ?? []
  const profile = installation.profiles.list().find(profile => profile.number === Number(number))
  return profile && row ? { profile, row: Number(row), isObject: mark === 'o' } : undefined
}

/** Finds the profile and row of a message. */
export function findItem(installation: Installation, id: string): FoundItem {
  const found = findAnyItem(installation, id)
  if (!found.isObject) return found
  throw new PosternError<StoreErrorCode>('STORE_FOLDER_OTHER_KIND', `${JSON.stringify(id)} is no message.`, {
    remedy: 'user',
    advice: 'Entries of calendars and contacts can be shown, exported, added, deleted and restored.',
  })
}

/** Finds the profile and row of a message or an object. */
export function findAnyItem(installation: Installation, id: string): FoundItem {
  const found = parseId(installation, id)
  if (found) return found
  throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `There is no item with the id ${JSON.stringify(id)}.`, {
    remedy: 'user',
    advice: 'See `postern item list FOLDER` for the ids.',
  })
}
