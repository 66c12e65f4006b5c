import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { PosternError } from '../../errors.ts'
import { isGroupwareOnly, isUnbound } from '../../profile/binding.ts'
import { isLocked } from '../../profile/missing-passwords.ts'
import type { Profile } from '../../profile/profiles.ts'
import { OutboxQueue } from '../../smtp/outbox/queue.ts'
import type { WatchState } from '../../sync/watch/watcher.ts'
import type { Installation } from '../installation.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { describeSchedule, type ScheduleStatus } from '../profile-status.ts'
import type { StoreSummary } from '../reading/reader-operations.ts'
import { readOne } from '../reading/readers.ts'
import { describeSlowServer } from '../runs/slow-server.ts'
import { outboxHealth } from '../sending/outbox-health.ts'
import { RefusedMessages } from '../sending/refused-messages.ts'

const NOTHING: Omit<StoreSummary, 'lastError'> = {
  ...{ folders: 0, items: 0, entries: 0, ignored: 0, conflicts: 0, lastSync: null, distrust: null },
  queued: { download: 0, import: 0, upload: 0 },
}

/** `status` and `stop`. */
export const STATUS_METHODS = {
  status: valueMethod(z.strictObject({}), async (_params, context) => {
    const { installation, daemon } = context
    const { home, version, logsDir } = installation
    const secrets = await placeOfKey(context)
    const profiles = []
    for (const profile of installation.profiles.list()) profiles.push(await describeProfile(profile, context))
    return {
      running: daemon !== undefined,
      pid: daemon ? process.pid : null,
      enginePid: installation.enginePid ?? null,
      version,
      home: home.dir,
      logs: logsDir,
      secrets,
      fronts: daemon?.fronts.map(front => front.status) ?? [],
      profiles,
    }
  }),
  stop: valueMethod(z.strictObject({}), async (_params, { daemon }) => {
    daemon?.stop()
    return { stopping: daemon !== undefined }
  }),
}

async function describeProfile(profile: Profile, context: MethodContext) {
  const { installation } = context
  const summary = await summarize(profile, installation)
  const schedule = describeSchedule(profile, summary, context)
  const running = installation.syncs.stateOf(profile.number)
  const isWaiting = installation.loadedSecrets !== undefined && isLocked(profile, installation.loadedSecrets)
  const { name, email } = profile
  const slow = installation.syncs.slowOf(profile.number)
  const watching = describeWatching(context.daemon?.watchers.stateOf(profile))
  return {
    name,
    email,
    mailIn: isGroupwareOnly(profile) ? 'outlook' : 'postern',
    state: running === 'idle' ? restedState(profile, summary, { ...schedule, isWaiting }) : running,
    ...summary,
    ...schedule,
    watching,
    outbox: await describeOutbox(profile, context),
    slow: slow ? describeSlowServer(slow) : null,
  }
}

function restedState(
  profile: Profile,
  { lastSync }: StoreSummary,
  { paused, lastError, isWaiting }: ScheduleStatus & { readonly isWaiting: boolean },
) {
  if (isUnbound(profile)) return 'unbound'
  if (paused) return 'paused'
  if (isWaiting) return 'locked'
  if (lastError) return 'error'
  return lastSync ? 'ok' : 'new'
}

/** What the store tells; one that cannot be read tells why, and keeps no other profile from being told of. */
async function summarize(profile: Profile, { readers }: Installation): Promise<StoreSummary> {
  try {
    return await readOne(readers, 'summary', { dir: profile.dir })
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    const { code, message, advice } = error
    return { ...NOTHING, lastError: { code, message, advice } }
  }
}

/** What waits in the outbox, and what was refused for good within a day. */
async function describeOutbox(profile: Profile, { installation }: MethodContext) {
  const { outboxDir } = installation.home
  const now = Date.now()
  const messages = await new OutboxQueue(join(outboxDir, String(profile.number))).list()
  const refused = await new RefusedMessages(outboxDir, profile.number).list(now)
  const last = refused.at(-1)
  return {
    ...outboxHealth(messages, now),
    refused: refused.length,
    lastRefused: last ? { at: new Date(last.atMs).toISOString(), reason: last.reason } : null,
  }
}

/** How the server is watched; null when it is not, and the intervals do it all. */
function describeWatching(state: WatchState | undefined) {
  return state ? { kind: state.kind, folders: state.folders, error: state.error ?? null } : null
}

/** Where the key of the secrets lies; asked of the secrets only when they are loaded, or when there is no daemon to block. */
async function placeOfKey({ installation, daemon }: MethodContext): Promise<string> {
  if (installation.loadedSecrets) return installation.loadedSecrets.place
  if (daemon) return 'not loaded'
  return (await installation.secrets()).place
}
