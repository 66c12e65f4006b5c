import { profileSettings } from '../../src/config/profile-settings.ts'
import type { RunObserver, RunOptions, RunOutcome } from '../../src/daemon/runs/run.ts'
import { PollScheduler } from '../../src/daemon/schedule/poll-scheduler.ts'
import type { PlannedRun } from '../../src/daemon/schedule/profile-schedule.ts'
import { PosternError } from '../../src/errors.ts'
import type { Profile } from '../../src/profile/profiles.ts'
import { silentLogger } from './silent-logger.ts'

const STEP_MS = 1000

/** A scheduler whose clocks, network and runs are a test's: time passes when the test says so. */
export class SchedulerWorld implements Disposable {
  /** What was run: at which second of the monotonic clock, and what. */
  readonly runs: string[] = []
  readonly scheduler: PollScheduler
  profile: Profile
  /** How runs end: by what is returned, or by what is thrown; undefined for a run that goes on for ever. */
  answer: () => RunOutcome | undefined = () => ({ kind: 'done', result: EMPTY })
  addresses = ['192.0.2.7']
  reconnects = 0
  #monotonicMs = 0
  #wallMs = 1_700_000_000_000
  #isBusy = false
  #observer: RunObserver | undefined

  constructor(settings: Readonly<Record<string, unknown>> = {}) {
    this.profile = makeProfile(settings)
    this.scheduler = new PollScheduler(
      {
        profiles: { list: () => [this.profile], resume: () => this.resume() },
        syncs: {
          run: (profile, options) => this.#run(profile, options),
          stateOf: () => (this.#isBusy ? 'syncing' : 'idle'),
          reconnect: () => void this.reconnects++,
          observe: observer => {
            this.#observer = observer
          },
        },
        log: silentLogger(),
      },
      {
        clocks: () => ({ monotonicMs: this.#monotonicMs, wallMs: this.#wallMs }),
        interfaces: () => ({ eth0: this.addresses.map(address => ({ address, internal: false }) as never) }),
      },
    )
  }

  /** Lets time pass as it does while the machine is awake. */
  pass(seconds: number): void {
    for (let passed = 0; passed < seconds * 1000; passed += STEP_MS) {
      this.#monotonicMs += STEP_MS
      this.#wallMs += STEP_MS
      this.scheduler.tick()
    }
  }

  /** Lets the clocks go on by themselves, with no timer running: a sleep, or a clock that was set. */
  jump({ monotonicSeconds, wallSeconds }: { readonly monotonicSeconds: number; readonly wallSeconds: number }): void {
    this.#monotonicMs += monotonicSeconds * 1000
    this.#wallMs += wallSeconds * 1000
    this.scheduler.tick()
  }

  /** Ends a pause, as the settings would. */
  async resume(): Promise<Profile> {
    this.profile = { ...this.profile, paused: false }
    return this.profile
  }

  /** Takes the notes of what was run so far. */
  take(): string[] {
    return this.runs.splice(0)
  }

  [Symbol.dispose](): void {
    this.scheduler[Symbol.dispose]()
  }

  async #run(profile: Profile, options: RunOptions) {
    this.runs.push(`${this.#monotonicMs / 1000} ${describe(options)}`)
    this.#observer?.started(profile, options)
    const outcome = this.answer()
    if (outcome) this.#observer?.ended(profile, options, outcome)
    else this.#isBusy = true
    return EMPTY
  }
}

/** A run that failed with a code. */
export function failedWith(code: string): RunOutcome {
  return { kind: 'failed', error: new PosternError(code, 'It failed.', { remedy: 'retry', advice: 'Wait.' }) }
}

/** Makes a profile of the name work. */
export function makeProfile(settings: Readonly<Record<string, unknown>> = {}): Profile {
  const account = { number: 1, email: 'ada@example.test', imap: 'imap://127.0.0.1' }
  return { ...profileSettings.parse({ ...account, ...settings }), name: 'work', dir: '/nowhere', fixed: [] }
}

function describe({ folders, scope, structure }: PlannedRun): string {
  return folders.length > 0 ? folders.join('+') : `${scope} ${structure}`
}

const EMPTY = { downloaded: 0, imported: 0, uploaded: 0, ignored: 0, conflicts: 0, errors: [] }
