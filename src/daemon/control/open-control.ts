import { setTimeout as delay } from 'node:timers/promises'
import type { Home } from '../../config/home.ts'
import { PosternError } from '../../errors.ts'
import type { DaemonErrorCode } from '../errors.ts'
import type { Control } from './control.ts'
import { findDaemon } from './control-client.ts'

const BUSY_MS = 5000 // another command is done soon, and a daemon that starts answers soon
const BUSY_POLL_MS = 50

/**
 * Opens the way to a home: its daemon's control API, or the same methods in this process.
 *
 * @throws {PosternError} DAEMON_RUNNING when somebody else has the home and does not answer
 */
export async function openControl(home: Home, version: string): Promise<Control> {
  const deadlineMs = performance.now() + BUSY_MS
  for (;;) {
    const daemon = await findDaemon(home)
    if (daemon) return daemon
    try {
      const { LocalControl } = await import('./local-control.ts') // all that a daemon is made of, and seldom needed
      return await LocalControl.open(home, version)
    } catch (error) {
      const isBusy = error instanceof PosternError && error.code === ('DAEMON_RUNNING' satisfies DaemonErrorCode)
      if (!isBusy || performance.now() > deadlineMs) throw error
    }
    await delay(BUSY_POLL_MS)
  }
}
