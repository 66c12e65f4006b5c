import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import type { Profile } from '../../profile/profiles.ts'
import { OutboxQueue } from '../../smtp/outbox/queue.ts'
import type { WatchState } from '../../sync/watch/watcher.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { describeSchedule } from '../profile-status.ts'
import { readOne } from '../reading/readers.ts'
import { describeSlowServer } from '../runs/slow-server.ts'
import { outboxHealth } from '../sending/outbox-health.ts'
import { RefusedMessages } from '../sending/refused-messages.ts'

/** `status` and `stop`. */
export const STATUS_METHODS = {
  status: valueMethod(z.strictObject({}), async (_params, context) => {
    const { installation, daemon } = context
    const { home, version, logsDir } = installation
    const profiles = []
    for (const profile of installation.profiles.list()) profiles.push(await describeProfile(profile, context))
    return {
      running: daemon !== undefined,
      pid: daemon ? process.pid : null,
      enginePid: installation.enginePid ?? null,
      version,
      home: home.dir,
      logs: logsDir,
      secrets: await placeOfKey(context),
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
  const summary = await readOne(installation.readers, 'summary', { dir: profile.dir })
  const schedule = describeSchedule(profile, summary, context)
  const running = installation.syncs.stateOf(profile.number)
  const rested = schedule.paused ? 'paused' : schedule.lastError ? 'error' : summary.lastSync ? 'ok' : 'new'
  const { name, email } = profile
  const slow = installation.syncs.slowOf(profile.number)
  const watching = describeWatching(context.daemon?.watchers.stateOf(profile))
  return {
    name,
    email,
    state: running === 'idle' ? rested : running,
    ...summary,
    ...schedule,
    watching,
    outbox: await describeOutbox(profile, context),
    slow: slow ? describeSlowServer(slow) : null,
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
