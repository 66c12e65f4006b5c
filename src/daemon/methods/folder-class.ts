import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import { folderClass, withFolderClass } from '../../sync/folder-class.ts'
import { valueMethod } from '../method.ts'
import { readOne } from '../reading/readers.ts'

const profile = z.string().optional()

/** How often folders are synchronized. */
export const FOLDER_CLASS_METHODS = {
  'folder.setClass': valueMethod(
    z.strictObject({ profile, path: z.string(), class: z.enum(['priority', 'standard', 'other']) }),
    async ({ profile: name, path, class: wanted }, { installation, daemon }) => {
      const chosen = installation.profiles.choose(name)
      const folders = await readOne(installation.readers, 'folders', { dir: chosen.dir })
      if (!folders.some(folder => folder.path === path)) throw noSuchFolder(path)
      const patterns = withFolderClass(path, wanted, chosen)
      const changed = await installation.profiles.setFolderPatterns(chosen.name, patterns)
      daemon?.watchers.reconsider(changed)
      if (wanted !== 'other') daemon?.scheduler.entered(chosen.name, path)
      const { automaticFolders, priorityFolders } = changed
      return { folder: path, class: folderClass(path, changed), automaticFolders, priorityFolders }
    },
  ),
  /** A person has opened a folder: it is synchronized now, whatever its class. */
  'folder.entered': valueMethod(z.strictObject({ profile, path: z.string() }), async (params, context) => {
    const { name } = context.installation.profiles.choose(params.profile)
    context.daemon?.scheduler.entered(name, params.path)
    return { folder: params.path }
  }),
}

function noSuchFolder(path: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_NO_SUCH_FOLDER', `There is no folder ${JSON.stringify(path)}.`, {
    remedy: 'user',
    advice: 'See `postern folder list`; a new folder is known after the next run.',
  })
}
