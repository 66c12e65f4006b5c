import { z } from 'zod'
import { type MethodContext, valueMethod } from '../method.ts'

const profile = z.string().optional()
const path = z.string().min(1)

/** `store check|repair|compact|backup|restore`: the store of a profile as a whole. */
export const STORE_METHODS = {
  'store.check': valueMethod(z.strictObject({ profile, isFull: z.boolean() }), (params, context) =>
    context.installation.stores.check(chosen(params, context), params.isFull, call(context)),
  ),
  'store.repair': valueMethod(z.strictObject({ profile, isFull: z.boolean() }), (params, context) =>
    context.installation.stores.repair(chosen(params, context), params.isFull, call(context)),
  ),
  'store.compact': valueMethod(z.strictObject({ profile, isDryRun: z.boolean() }), (params, context) => {
    const options = { isDryRun: params.isDryRun, isAutomatic: false }
    return context.installation.stores.compact(chosen(params, context), options, call(context))
  }),
  'store.backup': valueMethod(
    z.strictObject({ profile, target: path, isCopy: z.boolean() }),
    ({ target, isCopy, ...params }, context) =>
      context.installation.stores.backup(chosen(params, context), { target, isCopy }, call(context)),
  ),
  /** What a restore would put there, and what it would put aside. */
  'store.verify': valueMethod(z.strictObject({ profile, source: path }), async (params, context) => {
    const { installation } = context
    const owner = chosen(params, context)
    const { files: _, ...manifest } = await installation.stores.verify(owner, params.source, call(context))
    return { ...manifest, owner: owner.name }
  }),
  'store.restore': valueMethod(z.strictObject({ profile, source: path }), async (params, context) => {
    const owner = chosen(params, context)
    const report = await context.installation.stores.restore(owner, params.source, call(context))
    context.daemon?.changed(owner, 'folders')
    return report
  }),
}

function chosen({ profile }: { readonly profile?: string | undefined }, { installation }: MethodContext) {
  return installation.profiles.choose(profile)
}

function call({ emit, signal }: MethodContext) {
  return { onProgress: emit, signal }
}
