import { PosternError } from '../../errors.ts'
import type { FolderRow } from '../../store/rows.ts'
import { isConnectionLoss, isRefusal } from '../refusal.ts'
import type { RemoteCollection, RemoteObject } from './remote-collection.ts'
import type { CollectionContext } from './sync-collection.ts'

const READ_BATCH = 50
/** How many objects may fail one after the other: then it is the server that cannot, and not these objects. */
export const MAX_FAILED = 8

/**
 * Reads what is queued. When a batch fails, its objects are asked for one by one, so that one that can never be read keeps
 * no other; it is tried again later, and listed when it has failed three times.
 */
export async function fetchObjects(context: CollectionContext, folder: FolderRow): Promise<void> {
  const { store, remote, onCounted } = context
  const nowMs = context.clock()
  onCounted?.({ toDownload: store.read.objects.counts(folder.id).queuedDownload })
  for (let failed = 0; ; ) {
    context.signal?.throwIfAborted()
    const hrefs = store.read.objects.queue(folder.id, nowMs, READ_BATCH)
    if (hrefs.length === 0) return
    const { found, error } = await readBatch(remote, hrefs)
    takeOver(context, folder, { hrefs, found, error })
    if (found.length > 0) onCounted?.({ downloaded: found.length, imported: found.length })
    if (error && !isOfObjects(error)) throw error
    if (!error || found.length > 0) failed = 0
    if (!error || hrefs.length > 1) continue
    context.log.warn({ folder: folder.id, code: error.code }, 'an object could not be read')
    if (++failed === MAX_FAILED) throw error
    context.onRefused?.(error)
  }
}

interface Batch {
  readonly hrefs: readonly string[]
  readonly found: readonly RemoteObject[]
  readonly error: PosternError | undefined
}

async function readBatch(remote: RemoteCollection, hrefs: readonly string[]): Promise<Omit<Batch, 'hrefs'>> {
  const found: RemoteObject[] = []
  try {
    for await (const object of remote.read(hrefs)) found.push(object)
    return { found, error: undefined }
  } catch (error) {
    if (mayBeOfObjects(error)) return { found, error }
    throw error
  }
}

function takeOver({ store, settings }: CollectionContext, { id }: FolderRow, { hrefs, found, error }: Batch): void {
  const read = new Set(found.map(({ href }) => href))
  const unread = hrefs.filter(href => !read.has(href))
  const [only = ''] = unread
  store.transact(({ objects }) => {
    for (const object of found) objects.fetched(id, object, settings.conflictResolution)
    // What is left out of a whole answer was removed since: the next PLAN tells.
    for (const href of error ? read : hrefs) objects.queue.remove(id, href)
    if (error && hrefs.length > 1) objects.queue.suspect(id, unread)
    else if (error && unread.length > 0) objects.queue.failed(id, only, error.message)
  })
}

/**
 * Tells whether the objects that were asked for may be why they could not be read. A lost connection may be their doing as
 * well: a server may break on one, or take too long.
 */
export function mayBeOfObjects(error: unknown): error is PosternError {
  return isOfObjects(error) || isConnectionLoss(error) || isUnavailable(error)
}

function isOfObjects(error: unknown): error is PosternError {
  return isRefusal(error) || (error instanceof PosternError && error.code === 'UPSTREAM_PROTOCOL')
}

function isUnavailable(error: unknown): error is PosternError {
  return error instanceof PosternError && error.code === 'UPSTREAM_UNAVAILABLE'
}
