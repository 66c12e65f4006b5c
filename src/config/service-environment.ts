import process from 'node:process'

const US_PER_MS = 1000

/** What a service manager asks of the process that it has started (sd_notify(3), sd_watchdog_enabled(3)). */
export interface ServiceEnvironment {
  /** Where it wants to be told: the path of a Unix datagram socket, or `@` and a name in the abstract namespace. */
  readonly notifySocket: string
  /** It ends a process that is silent for so long; undefined where it does not. */
  readonly watchdogMs: number | undefined
}

/**
 * Takes what the service manager asks out of the environment, so that no child process speaks in our name; undefined
 * when there is no such manager.
 *
 * @param pid the process that it may mean
 */
export function takeServiceEnvironment(
  pid: number = process.pid,
  environment: NodeJS.ProcessEnv = process.env,
): ServiceEnvironment | undefined {
  const { NOTIFY_SOCKET: notifySocket, WATCHDOG_USEC: interval, WATCHDOG_PID: watched } = environment
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name]
  if (!notifySocket) return undefined
  const isMeant = watched === undefined || Number(watched) === pid
  const watchdogMs = Number(interval) / US_PER_MS
  return { notifySocket, watchdogMs: isMeant && watchdogMs > 0 ? watchdogMs : undefined }
}
