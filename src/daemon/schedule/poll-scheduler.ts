import { networkInterfaces } from 'node:os'
import type { Logger } from '../../log/logger.ts'
import { isGroupwareOnly, isUnbound } from '../../profile/binding.ts'
import { isPaused } from '../../profile/pause.ts'
import type { Profile, Profiles } from '../../profile/profiles.ts'
import { folderClass } from '../../sync/settings.ts'
import type { RunObserver, RunOptions, RunOutcome } from '../runs/run.ts'
import type { SyncRunner } from '../runs/sync-runner.ts'
import { type ClockReading, hasJumped, type Interfaces, networkChange, outwardAddresses } from './disturbance.ts'
import {
  type PlannedRun,
  ProfileSchedule,
  type RunFailure,
  type SchedulePart,
  type ScheduleSettings,
} from './profile-schedule.ts'

const AFTER_CHANGE_MS = 500 // what else the user changes meanwhile goes along
const AFTER_PUSH_MS = 100 // a server tells of several folders one after the other
const TICK_MS = 5000 // a changed network, a machine that wakes up and changed settings are noticed within this time
const MIN_WAIT_MS = 20
const EVERYTHING: readonly SchedulePart[] = ['priority', 'standard', 'structure']

/** What is scheduled: the profiles of an installation. */
export interface Scheduled {
  readonly profiles: Pick<Profiles, 'list' | 'resume'>
  readonly syncs: Pick<SyncRunner, 'run' | 'stateOf' | 'reconnect' | 'observe'>
  readonly log: Logger
}

/** What the scheduler sees of the machine. */
export interface Surroundings {
  readonly clocks: () => ClockReading
  readonly interfaces: () => Interfaces
}

/** This machine. */
const MACHINE: Surroundings = {
  clocks: () => ({ monotonicMs: performance.now(), wallMs: Date.now() }),
  interfaces: networkInterfaces,
}

/** Starts runs by itself: by the profiles' intervals, when Outlook polls, after changes here and on the server. */
export class PollScheduler implements RunObserver, Disposable {
  readonly #home: Scheduled
  readonly #machine: Surroundings
  readonly #schedules = new Map<number, ProfileSchedule>()
  readonly #resuming = new Set<number>()
  readonly #abort = new AbortController()
  #seen: { readonly clocks: ClockReading; readonly addresses: ReadonlySet<string>; readonly waitMs: number } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(home: Scheduled, machine: Surroundings = MACHINE) {
    this.#home = home
    this.#machine = machine
    home.syncs.observe(this)
  }

  /** Begins: what has an interval is due at once. */
  start(): void {
    this.tick()
  }

  /** A client has asked for new mail. */
  polled(name: string): void {
    this.#with(name, (schedule, profile, nowMs) => schedule.polled(settingsOf(profile), nowMs))
  }

  /** The user has changed something: the server is told soon, with what else comes meanwhile. */
  changed(name: string, what: 'mail' | 'folders'): void {
    this.#with(name, (schedule, profile, nowMs) => {
      if (!profile.syncAfterChange) return
      schedule.want(what === 'mail' ? ['priority', 'standard'] : EVERYTHING, nowMs + AFTER_CHANGE_MS)
    })
  }

  /** The server has told that these folders have changed; those on demand stay so. */
  serverChanged(name: string, paths: readonly string[], structure = false): void {
    this.#with(name, (schedule, profile, nowMs) => {
      const automatic = paths.filter(path => folderClass(path, profile) !== 'other')
      schedule.wantFolders(automatic, nowMs + AFTER_PUSH_MS)
      if (structure) schedule.want(['structure'], nowMs + AFTER_PUSH_MS)
    })
  }

  /** A person has opened a folder. */
  entered(name: string, path: string): void {
    this.#with(name, (schedule, _profile, nowMs) => schedule.entered(path, nowMs))
  }

  /** Runs a profile at once, whatever failed before: what was wrong has been changed. */
  runNow(name: string): void {
    this.#with(name, (schedule, _profile, nowMs) => {
      schedule.hasten(['net', 'server', 'auth', 'data'])
      schedule.want(EVERYTHING, nowMs)
    })
  }

  /** Why a profile waits; undefined while all is well. */
  failureOf({ number }: Profile): RunFailure | undefined {
    return this.#schedules.get(number)?.failure
  }

  /** When a profile's next run is due, in ms since the epoch; undefined when nothing is planned. */
  nextRunAt(profile: Profile): number | undefined {
    const { monotonicMs, wallMs } = this.#machine.clocks()
    const nextMs = this.#schedules.get(profile.number)?.nextMs(settingsOf(profile)) ?? Number.POSITIVE_INFINITY
    return nextMs === Number.POSITIVE_INFINITY ? undefined : wallMs + Math.max(0, nextMs - monotonicMs)
  }

  forget({ number }: Profile): void {
    this.#schedules.delete(number)
  }

  started(profile: Profile, run: RunOptions): void {
    this.#scheduleOf(profile).started(run, settingsOf(profile), this.#nowMs)
  }

  ended(profile: Profile, run: RunOptions, outcome: RunOutcome): void {
    const schedule = this.#scheduleOf(profile)
    if (outcome.kind === 'done') schedule.succeeded()
    else if (outcome.kind === 'failed') schedule.failed(run, outcome.error, this.#nowMs)
    else if (!run.isExplicit) schedule.postponed(run, this.#nowMs) // a person who stops a run does not want it
    this.#wake(MIN_WAIT_MS)
  }

  /** Looks whether the machine slept or changed its network, starts what is due, and sets the next look. */
  tick(): void {
    if (this.#abort.signal.aborted) return
    this.#lookAround()
    const nowMs = this.#nowMs
    let waitMs = TICK_MS
    for (const profile of this.#home.profiles.list()) {
      const schedule = this.#scheduleOf(profile)
      if (isUnbound(profile) || this.#isPaused(profile) || this.#home.syncs.stateOf(profile.number) !== 'idle') continue
      const run = schedule.due(settingsOf(profile), nowMs)
      if (run) this.#start(profile, run)
      else waitMs = Math.min(waitMs, schedule.nextMs(settingsOf(profile)) - nowMs)
    }
    this.#wake(Math.max(waitMs, MIN_WAIT_MS))
  }

  [Symbol.dispose](): void {
    this.#abort.abort()
    clearTimeout(this.#timer)
  }

  get #nowMs(): number {
    return this.#machine.clocks().monotonicMs
  }

  #isPaused(profile: Profile): boolean {
    const { paused, name, number } = profile
    if (isPaused(profile, this.#machine.clocks().wallMs)) return true
    if (paused && !this.#resuming.has(number)) {
      this.#resuming.add(number)
      this.#home.profiles.resume(name).then(
        () => this.#resuming.delete(number),
        error => this.#home.log.error({ err: error }, 'the end of a pause could not be written'),
      )
    }
    return false
  }

  #wake(waitMs: number): void {
    if (this.#abort.signal.aborted || !this.#seen) return
    this.#seen = { ...this.#seen, waitMs: this.#machine.clocks().monotonicMs - this.#seen.clocks.monotonicMs + waitMs }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.tick(), waitMs).unref()
  }

  #lookAround(): void {
    const clocks = this.#machine.clocks()
    const addresses = outwardAddresses(this.#machine.interfaces())
    const before = this.#seen
    this.#seen = { clocks, addresses, waitMs: TICK_MS }
    if (!before) return
    const { isLost, isGained } = networkChange(before.addresses, addresses)
    const isAwake = hasJumped(before.clocks, clocks, before.waitMs)
    if (isAwake || isLost)
      this.#reconnect(isAwake ? 'the machine slept or its clock was set' : 'the network has changed')
    else if (isGained) for (const schedule of this.#schedules.values()) schedule.hasten(['net'])
  }

  // Connections of before are dead, and nobody would tell.
  #reconnect(why: string): void {
    this.#home.log.info({ why }, 'connections are made anew')
    for (const schedule of this.#schedules.values()) {
      schedule.hasten(['net'])
      schedule.want(EVERYTHING, this.#nowMs)
    }
    this.#home.syncs.reconnect()
  }

  #with(name: string, act: (schedule: ProfileSchedule, profile: Profile, nowMs: number) => void): void {
    const profile = this.#home.profiles.list().find(profile => profile.name === name)
    if (!profile) return
    act(this.#scheduleOf(profile), profile, this.#nowMs)
    this.#wake(0)
  }

  #scheduleOf({ number }: Profile): ProfileSchedule {
    const known = this.#schedules.get(number) ?? new ProfileSchedule()
    this.#schedules.set(number, known)
    return known
  }

  #start(profile: Profile, run: PlannedRun): void {
    const options = { ...run, isExplicit: false, onEvent: () => undefined, signal: this.#abort.signal }
    this.#home.syncs.run(profile, options).catch(error => {
      // `ended` has noted it.
      if (!this.#abort.signal.aborted)
        this.#home.log.warn({ err: error, profile: profile.number }, 'a scheduled run failed')
    })
  }
}

/** Outlook never asks here for the mail of a profile that has it elsewhere: its polls can drive nothing. */
function settingsOf(profile: Profile): ScheduleSettings {
  return isGroupwareOnly(profile) ? { ...profile, useOutlookSettings: false } : profile
}
