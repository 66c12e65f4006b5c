import { mkdirSync } from 'node:fs'
import process from 'node:process'
import type { Home } from '../config/home.ts'
import { PosternError } from '../errors.ts'
import { lockExclusively } from '../store/exclusive-lock.ts'
import type { DaemonErrorCode } from './errors.ts'

/**
 * Takes a home for this process alone.
 *
 * @throws {PosternError} DAEMON_RUNNING, DAEMON_HOME_UNUSABLE
 */
export function lockHome(home: Home): Disposable {
  const lock = takeLock(home)
  if (lock) return lock
  throw running(home)
}

/** Tells whether somebody has the home: a daemon that ends has it until all of its work is done. */
export function isHomeTaken(home: Home): boolean {
  const lock = takeLock(home)
  lock?.[Symbol.dispose]()
  return lock === undefined
}

function takeLock(home: Home): Disposable | undefined {
  try {
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    return lockExclusively(home.lockFile, 0)
  } catch (cause) {
    throw unusableHome(home, cause)
  }
}

function running({ dir }: Home): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_RUNNING', `Another Postern is at work in ${dir}.`, {
    remedy: 'user',
    advice: 'See `postern status`; end it with `postern stop`, or choose another POSTERN_HOME.',
  })
}

/** Says why a home cannot be worked in. */
export function unusableHome({ dir }: Home, cause: unknown): PosternError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<DaemonErrorCode>('DAEMON_HOME_UNUSABLE', `The folder ${dir} cannot be used: ${text}`, {
    remedy: 'user',
    advice: `Check that user ${process.getuid?.() ?? ''} may write there, and that the disk is not full.`,
    cause,
  })
}
