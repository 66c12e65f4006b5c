import { z } from 'zod'
import { noSuchConflict } from '../../store/changes/undo.ts'
import type { LocalChange } from '../../sync/local/local-change.ts'
import type { Installation } from '../installation.ts'
import { type MethodContext, octetsMethod, valueMethod } from '../method.ts'
import { type FoundItem, parseId } from '../reading/item-id.ts'
import type { ConflictListing } from '../reading/kept-listing.ts'
import { readOne } from '../reading/readers.ts'
import { apply, applyByKind, type ChangesByKind, idsOf } from './change.ts'

const profile = z.string().optional()
const ids = z.array(z.string()).min(1)

/** `conflict …`, and what brings deleted messages back by the folder. */
export const CONFLICT_METHODS = {
  'conflict.list': valueMethod(z.strictObject({ profile }), async (params, { installation }) => {
    const chosen = installation.profiles.choose(params.profile)
    const conflicts = await readOne(installation.readers, 'conflicts', { dir: chosen.dir })
    return conflicts.map(conflict => withIds(chosen.number, conflict))
  }),
  /** Notes that a person has seen it. */
  'conflict.show': valueMethod(z.strictObject({ id: z.string() }), async ({ id }, context) => {
    const { profile, row, isObject } = findConflict(context.installation, id)
    const place = { dir: profile.dir, row }
    const details = await readOne(context.installation.readers, isObject ? 'objectConflict' : 'conflict', place)
    const seen: LocalChange = isObject
      ? { kind: 'seeLosers', losers: [row] }
      : { kind: 'seeConflicts', conflicts: [row] }
    if (!details.seen) await apply(context, profile, seen)
    return withIds(profile.number, details)
  }),
  'conflict.raw': octetsMethod(z.strictObject({ id: z.string() }), async function* ({ id }, { installation }) {
    const { profile, row, isObject } = findConflict(installation, id)
    yield* installation.readers.stream(isObject ? 'objectConflictBody' : 'conflictBody', { dir: profile.dir, row })
  }),
  'conflict.restore': valueMethod(z.strictObject({ ids, folder: z.string().optional() }), ({ ids, folder }, context) =>
    applyToConflicts(context, ids, {
      ofItems: conflicts => ({ kind: 'restoreConflicts', conflicts, target: folder }),
      ofObjects: losers => ({ kind: 'restoreLosers', losers, target: folder }),
    }),
  ),
  'conflict.discard': valueMethod(z.strictObject({ ids }), ({ ids }, context) =>
    applyToConflicts(context, ids, {
      ofItems: conflicts => ({ kind: 'discardConflicts', conflicts }),
      ofObjects: losers => ({ kind: 'discardLosers', losers }),
    }),
  ),
  /** Emits pages of what can be restored; the value is their number. */
  'item.deleted': valueMethod(z.strictObject({ profile, folder: z.string().optional() }), async (params, context) => {
    const { installation, emit } = context
    const { dir, number } = installation.profiles.choose(params.profile)
    let count = 0
    for await (const page of installation.readers.stream('deleted', { dir, folder: params.folder })) {
      count += page.length
      emit({ items: page.map(({ row, ...item }) => ({ id: `${number}-${row}`, ...item })) })
    }
    return { count }
  }),
  'item.restoreDeleted': valueMethod(
    z.strictObject({ profile, folder: z.string(), sinceMs: z.number() }),
    async (params, context) => {
      const chosen = context.installation.profiles.choose(params.profile)
      const change = { kind: 'restoreDeleted', from: params.folder, sinceMs: params.sinceMs } as const
      const result = await apply(context, chosen, change)
      return { changed: result.changed, ids: idsOf(chosen, result) }
    },
  ),
}

function withIds<Listing extends ConflictListing>(profile: number, { row, itemRow, ...conflict }: Listing) {
  return { id: `${profile}-${row}`, item: `${profile}-${itemRow}`, ...conflict }
}

function findConflict(installation: Installation, id: string): FoundItem {
  const found = parseId(installation, id)
  if (found) return found
  throw noSuchConflict(JSON.stringify(id))
}

function applyToConflicts(context: MethodContext, ids: readonly string[], changes: ChangesByKind) {
  return applyByKind(
    context,
    ids.map(id => findConflict(context.installation, id)),
    changes,
  )
}
