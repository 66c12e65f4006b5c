import type { SyncEngineOptions } from './engine.ts'
import { isRefusal } from './refusal.ts'
import type { RemoteMail } from './remote.ts'

/** Keeps how much the account may store, as the server says. */
export async function readQuota(
  { store, log }: Pick<SyncEngineOptions, 'store' | 'log'>,
  remote: RemoteMail,
): Promise<void> {
  try {
    const told = await remote.readQuota?.()
    const known = store.read.storageQuota()
    // Mostly nothing has changed: the disk is left alone.
    if (told?.usage === known?.usage && told?.limit === known?.limit) return
    store.transact(({ quota }) => quota.note(told))
  } catch (error) {
    if (!isRefusal(error)) throw error
    log.warn({ code: error.code }, 'the server refused to tell the quota') // what it last told stays
  }
}
