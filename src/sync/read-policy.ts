import type { SyncRun } from './cycle.ts'
import type { SyncEngineOptions } from './engine.ts'
import { isRefusal } from './refusal.ts'
import type { RemoteMail } from './remote.ts'

const POLICY_ENTRY = '/shared/vendor/postern/policy'

/** Reads the policy that an administrator may have left on the mail server, and tells what is there. */
export async function readPolicy(
  { log }: Pick<SyncEngineOptions, 'log'>,
  remote: RemoteMail,
  { onEvent }: Pick<SyncRun, 'onEvent'>,
): Promise<void> {
  if (!remote.readMetadata) return
  try {
    onEvent({ kind: 'policy', text: await remote.readMetadata(POLICY_ENTRY) })
  } catch (error) {
    if (!isRefusal(error)) throw error
    log.warn({ code: error.code }, 'the server refused to tell whether there is a policy') // the last one stays
  }
}
