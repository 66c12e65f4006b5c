import { PosternError } from '../../errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import type { Installation } from '../installation.ts'
import type { ItemListing } from './reader-operations.ts'

/** Gives an item its id, `<profile number>-<row>`: unique in an installation, and never given twice. */
export function withId<Item extends ItemListing>(profile: number, { row, ...item }: Item) {
  return { id: `${profile}-${row}`, ...item }
}

/** Finds an item's profile and row. */
export function findItem(installation: Installation, id: string): { readonly profile: Profile; readonly row: number } {
  const [, number, row] = /^(\d{1,9})-(\d{1,15})$/.exec(id) ?? []
  const profile = installation.profiles.list().find(profile => profile.number === Number(number))
  if (profile && row) return { profile, row: Number(row) }
  throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `There is no item with the id ${JSON.stringify(id)}.`, {
    remedy: 'user',
    advice: 'See `postern item list FOLDER` for the ids.',
  })
}
