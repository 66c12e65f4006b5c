import type { PosternError } from '../errors.ts'
import { isUnbound } from '../profile/binding.ts'
import { missingPasswords } from '../profile/missing-passwords.ts'
import { isPaused } from '../profile/pause.ts'
import type { Profile } from '../profile/profiles.ts'
import type { Secrets } from '../profile/secrets.ts'
import { collectionsAccountOf, mailAccountOf, sendingAccountOf, signInStopped } from '../profile/sign-in-guard.ts'
import type { MethodContext } from './method.ts'
import { noSmtpPassword } from './oauth/credentials.ts'
import type { StoreSummary } from './reading/reader-operations.ts'
import { noPassword } from './runs/run-outcomes.ts'
import { type ErrorClass, errorClassOf } from './schedule/error-class.ts'

/** A failure as `status` tells it. */
export interface ToldFailure {
  readonly code: string
  readonly message: string
  readonly advice: string
  readonly class: ErrorClass
  /** ISO 8601; null when nothing is tried until a person acts, or without a daemon. */
  readonly nextAttempt: string | null
}

/** What `status` tells of a profile's schedule and failures. */
export interface ScheduleStatus {
  readonly paused: { readonly until: string | null } | null
  readonly metered: boolean
  /** The settings that a policy fixes, and why its newest version is not in force. */
  readonly fixed: readonly string[]
  readonly policyProblem: { readonly code: string; readonly message: string; readonly advice: string } | null
  readonly nextRun: string | null
  readonly lastError: ToldFailure | null
}

/** Describes when a profile is synchronized next, or why it is not. */
export function describeSchedule(
  profile: Profile,
  { lastError }: Pick<StoreSummary, 'lastError'>,
  context: MethodContext,
): ScheduleStatus {
  const isOffline = isPaused(profile, Date.now())
  const isHeld = context.installation.syncs.stateOf(profile.number) === 'held'
  const nextRunAt = isUnbound(profile) || isOffline || isHeld ? undefined : context.daemon?.scheduler.nextRunAt(profile)
  const nextRun = nextRunAt === undefined ? null : isoOf(nextRunAt)
  const failure = failureOf(profile, lastError, context)
  const problem = context.installation.policies.problemOf(profile)
  return {
    paused: isOffline ? { until: profile.pausedUntil ?? null } : null,
    metered: profile.metered,
    fixed: profile.fixed,
    policyProblem: problem ? { code: problem.code, message: problem.message, advice: problem.advice } : null,
    nextRun,
    lastError: failure && isTold(profile, failure) ? { ...failure, nextAttempt: nextRun } : null,
  }
}

type Failure = Omit<ToldFailure, 'nextAttempt'>

function failureOf(
  profile: Profile,
  stored: StoreSummary['lastError'],
  { installation, daemon }: MethodContext,
): Failure | undefined {
  if (isUnbound(profile)) return undefined // what failed with servers of before is over
  const current = daemon?.scheduler.failureOf(profile)
  if (current) return pick(current, current.class)
  const accounts = [mailAccountOf(profile), sendingAccountOf(profile), collectionsAccountOf(profile)]
  const stopped = accounts.find(account => installation.signIns.isStopped(account))
  if (stopped) return pick(signInStopped(stopped), 'auth')
  const missing = missingPassword(profile, installation.loadedSecrets)
  if (missing) return pick(missing, 'auth')
  return stored ? pick(stored, errorClassOf(stored)) : undefined
}

// Nothing has been tried yet, but it is known how it would end. Nobody waits for a keychain to tell it.
function missingPassword(profile: Profile, secrets: Secrets | undefined): PosternError | undefined {
  if (!secrets) return undefined
  const [which] = missingPasswords(profile, secrets)
  if (which === undefined) return undefined
  return which === 'password' ? noPassword(profile) : noSmtpPassword(profile)
}

function pick({ code, message, advice }: Omit<Failure, 'class'>, kind: ErrorClass): Failure {
  return { code, message, advice, class: kind }
}

/** Heeds "do not show login errors" and "do not show connection errors"; the log has them all. */
function isTold({ showLoginErrors, showConnectionErrors }: Profile, failure: Failure): boolean {
  if (failure.class === 'auth') return showLoginErrors
  return failure.class !== 'net' || showConnectionErrors
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
