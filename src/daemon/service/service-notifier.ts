import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ServiceEnvironment } from '../../config/service-environment.ts'
import type { Logger } from '../../log/logger.ts'

const execute = promisify(execFile)
const TELL_TIMEOUT_MS = 5000
const PROGRAM_PATH = '/usr/local/bin:/usr/bin:/bin' // no folder of a user's
const PINGS_PER_INTERVAL = 3 // one that is late costs no restart

/** Tells a service manager one or more `NAME=value`. */
export type Tell = (assignments: readonly string[]) => Promise<unknown>

/**
 * Tells the service manager how the daemon is: ready, alive, stopping. The signs of life come from the event loop that
 * answers the fronts, so they end when it hangs. Without a service manager it does nothing.
 */
export class ServiceNotifier implements Disposable {
  readonly #service: ServiceEnvironment | undefined
  readonly #tell: Tell
  readonly #log: Logger
  #watchdog: NodeJS.Timeout | undefined
  #isTelling = false

  constructor(service: ServiceEnvironment | undefined, log: Logger, tell: Tell = tellBySystemdNotify(service)) {
    this.#service = service
    this.#log = log
    this.#tell = tell
  }

  /** Says that everything answers, and begins to give signs of life. */
  async ready(status: string): Promise<void> {
    const watchdogMs = this.#service?.watchdogMs
    if (watchdogMs !== undefined) {
      this.#watchdog = setInterval(() => void this.#ping(), watchdogMs / PINGS_PER_INTERVAL).unref()
    }
    await this.#say(['READY=1', `STATUS=${status}`])
  }

  /** Says that the daemon is ending. Signs of life go on: work that hangs at the end is a hang, too. */
  async stopping(): Promise<void> {
    await this.#say(['STOPPING=1', 'STATUS=ending'])
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog)
  }

  async #ping(): Promise<void> {
    if (this.#isTelling) return
    this.#isTelling = true
    await this.#say(['WATCHDOG=1'])
    this.#isTelling = false
  }

  // A manager that cannot be told ends us at its own time; mail goes on until then.
  async #say(assignments: readonly string[]): Promise<void> {
    if (!this.#service) return
    await this.#tell(assignments).catch(error => {
      this.#log.error({ err: error }, 'the service manager cannot be told; systemd-notify is needed for that')
    })
  }
}

// Node has no Unix datagram sockets. systemd's own program knows them, abstract ones too, and is where systemd is.
function tellBySystemdNotify(service: ServiceEnvironment | undefined): Tell {
  return assignments =>
    execute('systemd-notify', ['--', ...assignments], {
      timeout: TELL_TIMEOUT_MS,
      env: { PATH: PROGRAM_PATH, NOTIFY_SOCKET: service?.notifySocket },
    })
}
