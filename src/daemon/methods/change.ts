import { z } from 'zod'
import type { Profile } from '../../profile/profiles.ts'
import type { LocalChange, LocalChangeResult } from '../../sync/local/local-change.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { type FoundItem, findAnyItem, findItem } from '../reading/item-id.ts'
import { objectRow } from '../reading/object-listing.ts'
import { ensureWholeItems } from './fetch.ts'

const profile = z.string().optional()
const ids = z.array(z.string()).min(1)

/** Changes of the local mail, told to the server by the next run. */
export const CHANGE_METHODS = {
  'item.add': valueMethod(
    z.strictObject({ profile, folder: z.string(), file: z.string(), flags: z.array(z.string()) }),
    async ({ profile: name, ...change }, context) => {
      const chosen = context.installation.profiles.choose(name)
      const [id] = idsOf(chosen, await apply(context, chosen, { kind: 'add', ...change }))
      return { id, folder: change.folder }
    },
  ),
  'item.flag': valueMethod(
    z.strictObject({ ids, add: z.array(z.string()), remove: z.array(z.string()) }),
    ({ ids, add, remove }, context) => applyToItems(context, ids, items => ({ kind: 'flag', items, add, remove })),
  ),
  'item.move': valueMethod(z.strictObject({ ids, folder: z.string() }), ({ ids, folder }, context) =>
    applyToItems(context, ids, items => ({ kind: 'move', items, folder })),
  ),
  'item.copy': valueMethod(z.strictObject({ ids, folder: z.string() }), async ({ ids, folder }, context) => {
    await ensureWholeItems(context, ids) // the copy is uploaded
    return applyToItems(context, ids, items => ({ kind: 'copy', items, folder }))
  }),
  'item.delete': valueMethod(z.strictObject({ ids, isPermanent: z.boolean() }), ({ ids, isPermanent }, context) =>
    applyToAny(context, ids, {
      ofItems: items => ({ kind: 'delete', items, isPermanent }),
      ofObjects: objects => ({ kind: 'deleteObjects', objects }),
    }),
  ),
  'item.restore': valueMethod(z.strictObject({ ids }), ({ ids }, context) =>
    applyToAny(context, ids, {
      ofItems: items => ({ kind: 'restore', items }),
      ofObjects: objects => ({ kind: 'restoreObjects', objects }),
    }),
  ),
  'folder.create': valueMethod(z.strictObject({ profile, path: z.string() }), (params, context) =>
    applyToFolder(context, params.profile, { kind: 'createFolder', path: params.path }),
  ),
  'folder.rename': valueMethod(z.strictObject({ profile, path: z.string(), newPath: z.string() }), (params, context) =>
    applyToFolder(context, params.profile, { kind: 'renameFolder', path: params.path, newPath: params.newPath }),
  ),
  'folder.delete': valueMethod(z.strictObject({ profile, path: z.string() }), (params, context) =>
    applyToFolder(context, params.profile, { kind: 'deleteFolder', path: params.path }),
  ),
  'folder.resume': valueMethod(
    z.strictObject({ profile, path: z.string(), consent: z.enum(['accept', 'restore']).optional() }),
    ({ profile, path, consent }, context) => applyToFolder(context, profile, { kind: 'resumeFolder', path, consent }),
  ),
}

/** Makes a change to a profile's mail. */
export async function apply({ installation, daemon }: MethodContext, profile: Profile, change: LocalChange) {
  const result = await installation.syncs.change(profile, change)
  daemon?.changed(profile, 'path' in change ? 'folders' : 'mail')
  return result
}

async function applyToFolder(context: MethodContext, name: string | undefined, change: LocalChange & { path: string }) {
  const { changed } = await apply(context, context.installation.profiles.choose(name), change)
  return { folder: 'newPath' in change ? change.newPath : change.path, changed }
}

async function applyToItems(
  context: MethodContext,
  ids: readonly string[],
  makeChange: (items: readonly number[]) => LocalChange,
) {
  const found = ids.map(id => findItem(context.installation, id))
  const { changed, items } = await applyByProfile(context, found, makeChange)
  return { changed, ids: items.length > 0 ? items : ids }
}

/** Changes messages and objects: those of each kind, all or none. */
async function applyToAny(context: MethodContext, ids: readonly string[], changes: ChangesByKind) {
  const { changed } = await applyByKind(
    context,
    ids.map(id => findAnyItem(context.installation, id)),
    changes,
  )
  return { changed, ids }
}

/** What is done to rows of messages, and to rows of objects. */
export interface ChangesByKind {
  readonly ofItems: (rows: readonly number[]) => LocalChange
  readonly ofObjects: (rows: readonly number[]) => LocalChange
}

/** Changes rows of both kinds. */
export async function applyByKind(context: MethodContext, found: readonly FoundItem[], changes: ChangesByKind) {
  const isObject = (wanted: boolean) => found.filter(each => each.isObject === wanted)
  const items = await applyByProfile(context, isObject(false), changes.ofItems)
  const objects = await applyByProfile(context, isObject(true), changes.ofObjects)
  return { changed: items.changed + objects.changed, items: [...items.items, ...objects.items] }
}

/** The ids of what a change tells of. */
export function idsOf({ number }: Profile, { items, objects = [] }: LocalChangeResult): readonly string[] {
  return [...items.map(row => `${number}-${row}`), ...objects.map(row => `${number}-${objectRow(row)}`)]
}

/**
 * Changes rows of several profiles, each profile's all or none. `items` are the ids of those that the changes tell of,
 * such as copies.
 */
export async function applyByProfile(
  context: MethodContext,
  found: readonly { readonly profile: Profile; readonly row: number }[],
  makeChange: (rows: readonly number[]) => LocalChange,
): Promise<{ readonly changed: number; readonly items: readonly string[] }> {
  const items: string[] = []
  let changed = 0
  for (const [, group] of Map.groupBy(found, ({ profile }) => profile.number)) {
    const chosen = group[0]?.profile
    if (!chosen) continue
    const result = await apply(context, chosen, makeChange(group.map(({ row }) => row)))
    changed += result.changed
    items.push(...idsOf(chosen, result))
  }
  return { changed, items }
}
