import { z } from 'zod'
import { valueMethod } from '../method.ts'
import { readOne } from '../reading/readers.ts'

const params = z.strictObject({ profile: z.string().optional(), folder: z.string().optional() })

/** `ignored list` and `ignored clear`. */
export const IGNORED_METHODS = {
  'ignored.list': valueMethod(params, async ({ profile, folder }, { installation }) => {
    const { dir, number } = installation.profiles.choose(profile)
    const ignored = await readOne(installation.readers, 'ignored', { dir, folder })
    return ignored.map(({ row, ...listing }) => ({ id: row === null ? null : `${number}-${row}`, ...listing }))
  }),
  'ignored.clear': valueMethod(params, async ({ profile, folder }, { installation, daemon }) => {
    const chosen = installation.profiles.choose(profile)
    const { changed } = await installation.syncs.change(chosen, { kind: 'clearIgnored', folder })
    if (changed > 0) daemon?.changed(chosen, 'mail')
    return { cleared: changed, isRunning: daemon !== undefined }
  }),
}
