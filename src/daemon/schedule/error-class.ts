import type { PosternError } from '../../errors.ts'

/**
 * What kind of trouble ended a run: the way to the server, the server itself, the right to be there, or something on
 * this machine (its disk, its keychain).
 */
export type ErrorClass = 'net' | 'server' | 'auth' | 'data'

const SECOND = 1000
const MINUTE = 60 * SECOND

// By the folder that a code belongs to, its first word.
const BY_FOLDER: Readonly<Record<string, ErrorClass>> = {
  NET: 'net',
  TLS: 'server',
  UPSTREAM: 'server',
  FORMATS: 'server',
  DAEMON: 'data',
  STORE: 'data',
  SYNC: 'data',
  CONFIG: 'data',
  PROFILE: 'data',
}

const EXCEPTIONS: Readonly<Record<string, ErrorClass>> = {
  UPSTREAM_LOST: 'net',
  UPSTREAM_SILENT: 'net',
  UPSTREAM_SIGN_IN_REFUSED: 'auth',
  UPSTREAM_CERTIFICATE_WANTED: 'auth',
  PROFILE_NO_CLIENT_CERTIFICATE: 'auth',
  PROFILE_NO_PASSWORD: 'auth',
  PROFILE_PASSWORD_WANTED: 'auth',
  PROFILE_SIGN_IN_STOPPED: 'auth',
  PROFILE_SIGN_IN_NEEDED: 'auth',
  PROFILE_OAUTH_REFUSED: 'auth',
  PROFILE_OAUTH_UNAVAILABLE: 'server',
  UPSTREAM_UNPROVEN: 'auth',
  // What is damaged on this side does not heal on the server's.
  TLS_APPROVALS_UNREADABLE: 'data',
}

// One for each failure in a row; the last one stays.
const DELAYS_MS: Readonly<Record<ErrorClass, readonly number[]>> = {
  net: [5 * SECOND, 15 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE],
  server: [MINUTE, 5 * MINUTE, 30 * MINUTE],
  // A server whose directory is down refuses everybody; the count of refused tries ends this, see SignInGuard.
  auth: [MINUTE, 5 * MINUTE],
  data: [MINUTE],
}

// Companies lock an account whose password is refused too often.
const AFTER_PROXY_SIGN_IN_MS = 30 * MINUTE

const AFTER_CRASH_MS = SECOND // the engine has a back-off of its own, and a profile that makes it crash is held

// Only a person can end these.
const WAITS_FOR_PERSON = new Set([
  'PROFILE_NO_PASSWORD',
  'PROFILE_NO_CLIENT_CERTIFICATE',
  'PROFILE_PASSWORD_WANTED',
  'PROFILE_SIGN_IN_STOPPED',
  'PROFILE_SIGN_IN_NEEDED',
  'DAEMON_PROFILE_HELD',
])

/** Tells the class of an expected failure. */
export function errorClassOf({ code }: Pick<PosternError, 'code'>): ErrorClass {
  return EXCEPTIONS[code] ?? BY_FOLDER[code.split('_')[0] ?? ''] ?? 'server'
}

/** How long to wait after the n-th failure in a row (from 1) of its class, in ms; infinite where only a person can help. */
export function backOffMs({ code }: Pick<PosternError, 'code'>, failures: number): number {
  if (WAITS_FOR_PERSON.has(code)) return Number.POSITIVE_INFINITY
  if (code === 'DAEMON_ENGINE_CRASHED') return AFTER_CRASH_MS
  if (code === 'NET_PROXY_SIGN_IN') return AFTER_PROXY_SIGN_IN_MS
  const delays = DELAYS_MS[errorClassOf({ code })]
  return delays[Math.min(failures, delays.length) - 1] ?? 0
}
