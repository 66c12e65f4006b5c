import { z } from 'zod'
import { isPaused, profilePaused } from '../../profile/pause.ts'
import type { Profile } from '../../profile/profiles.ts'
import { type MethodContext, valueMethod } from '../method.ts'

const MAX_MINUTES = 525_600 // a year
const named = z.strictObject({ name: z.string().optional() })

/** `pause` and `resume`: of one profile, or of all. */
export const PAUSE_METHODS = {
  'profile.pause': valueMethod(
    named.extend({ minutes: z.int().min(1).max(MAX_MINUTES).optional() }),
    async ({ name, minutes }, context) => {
      const until = minutes === undefined ? undefined : new Date(Date.now() + minutes * 60_000).toISOString()
      return each(name, context, async ({ name }) => {
        const profile = await context.installation.profiles.pause(name, until)
        applyPause(profile, context)
        return { name, paused: true, until: until ?? null }
      })
    },
  ),
  'profile.resume': valueMethod(named, async ({ name }, context) =>
    each(name, context, async ({ name }) => {
      const profile = await context.installation.profiles.resume(name)
      applyPause(profile, context)
      return { name, paused: false, until: null }
    }),
  ),
}

/** Makes a changed pause count: a run under way is broken off, or a new one begins. */
export function applyPause(profile: Profile, { installation, daemon }: MethodContext): void {
  daemon?.watchers.reconsider(profile)
  if (isPaused(profile, Date.now())) installation.syncs.cancel(profile, profilePaused(profile))
  else daemon?.scheduler.runNow(profile.name)
}

async function each<Result>(
  name: string | undefined,
  { installation }: MethodContext,
  act: (profile: Profile) => Promise<Result>,
): Promise<Result[]> {
  const chosen = name === undefined ? installation.profiles.list() : [installation.profiles.get(name)]
  const results: Result[] = []
  for (const profile of chosen) results.push(await act(profile))
  return results
}
