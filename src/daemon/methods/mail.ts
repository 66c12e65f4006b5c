import { z } from 'zod'
import { isPaused, profilePaused } from '../../profile/pause.ts'
import { folderClass } from '../../sync/settings.ts'
import { octetsMethod, valueMethod } from '../method.ts'
import { findAnyItem, withId } from '../reading/item-id.ts'
import { readOne } from '../reading/readers.ts'
import { ensureWhole, ensureWholeItems } from './fetch.ts'

const profile = z.string().optional()
const run = z.strictObject({
  profile,
  folders: z.array(z.string()),
  structureOnly: z.boolean(),
  retrySignIn: z.boolean().default(false),
})

/** `sync`, `folder …` and `item …`. */
export const MAIL_METHODS = {
  sync: valueMethod(run, async (params, { installation, emit, signal }) => {
    const chosen = installation.profiles.choose(params.profile)
    const onEvent = chosen.showProgress ? emit : () => undefined
    return installation.syncs.run(chosen, { ...explicitRun(params), onEvent, signal })
  }),
  /** Begins a run that goes on when the caller has left. */
  'sync.start': valueMethod(run, async (params, { installation }) => {
    const chosen = installation.profiles.choose(params.profile)
    if (isPaused(chosen, Date.now())) throw profilePaused(chosen) // nobody would be told later
    const options = { ...explicitRun(params), onEvent: () => undefined, signal: new AbortController().signal }
    installation.syncs.run(chosen, options).catch(error => {
      installation.log.warn({ err: error }, 'a run that a person started failed')
    })
    return { downloaded: 0, imported: 0, uploaded: 0, ignored: 0, conflicts: 0, errors: [] }
  }),
  'folder.list': valueMethod(z.strictObject({ profile }), async (params, { installation }) => {
    const chosen = installation.profiles.choose(params.profile)
    const folders = await readOne(installation.readers, 'folders', { dir: chosen.dir })
    return folders.map(folder => ({ ...folder, class: folderClass(folder.path, chosen) }))
  }),
  /** Emits pages of items; the value is their number. */
  'item.list': valueMethod(z.strictObject({ profile, folder: z.string() }), async (params, context) => {
    const { installation, emit } = context
    const { dir, number } = installation.profiles.choose(params.profile)
    let count = 0
    for await (const page of installation.readers.stream('items', { dir, folder: params.folder })) {
      count += page.length
      emit({ items: page.map(item => withId(number, item)) })
    }
    return { count }
  }),
  'item.show': valueMethod(z.strictObject({ id: z.string() }), async ({ id }, { installation }) => {
    const { profile, row, isObject } = findAnyItem(installation, id)
    const place = { dir: profile.dir, row }
    return withId(profile.number, await readOne(installation.readers, isObject ? 'object' : 'item', place))
  }),
  'item.export': octetsMethod(z.strictObject({ id: z.string() }), async function* ({ id }, context) {
    const { installation } = context
    const { profile, row, isObject } = findAnyItem(installation, id)
    if (!isObject) await ensureWholeItems(context, [id])
    yield* installation.readers.stream(isObject ? 'objectBody' : 'body', { dir: profile.dir, row })
  }),
  'item.exportFolder': valueMethod(
    z.strictObject({ profile, folder: z.string(), out: z.string() }),
    async (params, context) => {
      const { installation, emit, signal } = context
      const profile = installation.profiles.choose(params.profile)
      const { dir } = profile
      await ensureWhole(context, profile, await readOne(installation.readers, 'stubs', { dir, folder: params.folder }))
      let last = { done: 0, total: 0, octets: 0 }
      for await (const progress of installation.readers.stream('exportFolder', {
        dir,
        folder: params.folder,
        out: params.out,
      })) {
        last = progress
        emit(progress)
        signal.throwIfAborted()
      }
      return { folder: params.folder, dir: params.out, messages: last.done, octets: last.octets }
    },
  ),
}

function explicitRun({ folders, structureOnly, retrySignIn }: z.infer<typeof run>) {
  return { retrySignIn, folders, scope: 'all', structure: structureOnly ? 'only' : 'also', isExplicit: true } as const
}
