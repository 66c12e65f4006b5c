import { z } from 'zod'
import type { Profile } from '../../profile/profiles.ts'
import type { LocalChange } from '../../sync/local/local-change.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { findItem } from '../reading/item-id.ts'
import { ensureWholeItems } from './fetch.ts'

const profile = z.string().optional()
const ids = z.array(z.string()).min(1)

/** Changes of the local mail, told to the server by the next run. */
export const CHANGE_METHODS = {
  'item.add': valueMethod(
    z.strictObject({ profile, folder: z.string(), file: z.string(), flags: z.array(z.string()) }),
    async ({ profile: name, ...change }, context) => {
      const chosen = context.installation.profiles.choose(name)
      const { items } = await apply(context, chosen, { kind: 'add', ...change })
      return { id: `${chosen.number}-${items[0]}`, folder: change.folder }
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
    applyToItems(context, ids, items => ({ kind: 'delete', items, isPermanent })),
  ),
  'item.restore': valueMethod(z.strictObject({ ids }), ({ ids }, context) =>
    applyToItems(context, ids, items => ({ kind: 'restore', items })),
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
    for (const row of result.items) items.push(`${chosen.number}-${row}`)
  }
  return { changed, items }
}
