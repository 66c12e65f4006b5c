import type { ProfileSettings } from '../config/profile-settings.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'

type Pause = Pick<ProfileSettings, 'paused' | 'pausedUntil'>

/** Tells whether a profile works offline at that time (ms since the epoch). */
export function isPaused({ paused, pausedUntil }: Pause, nowMs: number): boolean {
  return paused && (pausedUntil === undefined || Date.parse(pausedUntil) > nowMs)
}

/** Says that a profile works offline. */
export function profilePaused({ name, pausedUntil }: Pause & { readonly name: string }): PosternError {
  const until = pausedUntil === undefined ? '' : ` until ${pausedUntil}`
  return new PosternError<ProfileErrorCode>('PROFILE_PAUSED', `${name} is paused${until}: it works offline.`, {
    remedy: 'user',
    advice: `Go on with: postern resume ${name}. What is changed meanwhile is kept and sent then.`,
  })
}
