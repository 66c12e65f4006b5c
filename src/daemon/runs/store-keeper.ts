import { mailboxOf } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { BackupProfile } from '../../store/maintenance/backup/manifest.ts'
import type { MaintenanceProgress } from '../../store/maintenance/problem.ts'
import type { EngineClient } from '../engine/engine-client.ts'
import type { StoreTask, StoreTaskResults } from '../engine/store-tasks.ts'
import type { Readers } from '../reading/readers.ts'
import type { SyncRunner } from './sync-runner.ts'

/** Who asks, and how it is told. */
export interface KeeperCall {
  readonly onProgress: (progress: MaintenanceProgress) => void
  readonly signal: AbortSignal
}

/** Has the engine look after stores: between two runs of a profile, with readers out of the way where that matters. */
export class StoreKeeper {
  readonly #engine: EngineClient
  readonly #syncs: SyncRunner
  readonly #readers: Readers
  readonly #version: string

  constructor(engine: EngineClient, syncs: SyncRunner, readers: Readers, version: string) {
    this.#engine = engine
    this.#syncs = syncs
    this.#readers = readers
    this.#version = version
  }

  /** Brings a store of an older program up to date: who only reads it cannot. */
  open(profile: Profile, call: KeeperCall): Promise<undefined> {
    return this.#run(profile, { kind: 'open' }, call)
  }

  /** Changes nothing, so it does not wait for a run. */
  check(profile: Profile, isFull: boolean, call: KeeperCall): Promise<StoreTaskResults['check']> {
    return this.#run(profile, { kind: 'check', isFull }, call)
  }

  async repair(profile: Profile, isFull: boolean, call: KeeperCall): Promise<StoreTaskResults['repair']> {
    return this.#alone(profile, call, async () => {
      await this.#letGo(profile)
      const report = await this.#run(profile, { kind: 'repair', isFull }, call)
      await this.#letGo(profile) // of what was salvaged, those who read meanwhile have the old file
      return report
    })
  }

  /** Compacts, and removes what that has emptied as soon as nobody reads it any more. */
  async compact(
    profile: Profile,
    options: { readonly isDryRun: boolean; readonly isAutomatic: boolean },
    call: KeeperCall,
  ): Promise<StoreTaskResults['compact']> {
    const report = await this.#alone(profile, call, () => this.#run(profile, { kind: 'compact', ...options }, call))
    if (report.retired === 0) return report
    await this.#readers.quiesced()
    await this.#drain('releasePacks', profile)
    await this.#syncs.exclusively(profile, () => this.#run(profile, { kind: 'removeRetired' }, call))
    return report
  }

  backup(
    profile: Profile,
    options: { readonly target: string; readonly isCopy: boolean },
    call: KeeperCall,
  ): Promise<StoreTaskResults['backup']> {
    const task = { kind: 'backup', ...options, profile: facts(profile), version: this.#version } as const
    return this.#alone(profile, call, () => this.#run(profile, task, call))
  }

  verify(profile: Profile, source: string, call: KeeperCall): Promise<StoreTaskResults['verify']> {
    return this.#run(profile, { kind: 'verify', source, profile: facts(profile) }, call)
  }

  async restore(profile: Profile, source: string, call: KeeperCall): Promise<StoreTaskResults['restore']> {
    return this.#alone(profile, call, async () => {
      // Where open files cannot be renamed, readers must not have any; afterwards they must not have the old ones.
      await this.#letGo(profile)
      const report = await this.#run(profile, { kind: 'restore', source, profile: facts(profile) }, call)
      await this.#letGo(profile)
      return report
    })
  }

  /** Makes the store of a profile that has no server. */
  found(profile: Profile, call: KeeperCall): Promise<undefined> {
    return this.#run(profile, { kind: 'found' }, call)
  }

  /** What a store knows of a server is believed no more, until it was compared with the account. */
  doubt(profile: Profile, call: KeeperCall): Promise<undefined> {
    return this.#run(profile, { kind: 'doubt' }, call)
  }

  /** Makes a backup of a store and removes it. */
  putAside(profile: Profile, target: string, call: KeeperCall): Promise<StoreTaskResults['putAside']> {
    const task = { kind: 'putAside', target, profile: facts(profile), version: this.#version } as const
    return this.#alone(profile, call, async () => {
      await this.#letGo(profile)
      const report = await this.#run(profile, task, call)
      await this.#letGo(profile)
      return report
    })
  }

  #alone<Result>(profile: Profile, { onProgress }: KeeperCall, work: () => Promise<Result>): Promise<Result> {
    if (this.#syncs.stateOf(profile.number) === 'syncing') {
      onProgress({ kind: 'maintenance', step: 'waiting', done: 0, total: 0 })
    }
    return this.#syncs.exclusively(profile, work)
  }

  async #letGo(profile: Profile): Promise<void> {
    await this.#readers.quiesced()
    await this.#drain('forget', profile)
  }

  async #drain(operation: 'forget' | 'releasePacks', { dir }: Profile): Promise<void> {
    for await (const _ of this.#readers.stream(operation, { dir })) break
  }

  async #run<Kind extends StoreTask['kind']>(
    { number, dir }: Profile,
    task: Extract<StoreTask, { kind: Kind }>,
    { onProgress, signal }: KeeperCall,
  ): Promise<StoreTaskResults[Kind]> {
    signal.throwIfAborted()
    const result = await this.#engine.maintain({ profile: number, storeDir: dir, task }, onProgress, signal)
    return result as StoreTaskResults[Kind] // runStoreTask answers each kind of task with its kind of result
  }
}

function facts(profile: Profile): BackupProfile {
  const { name, email, number } = profile
  return { name, email, number, account: mailboxOf(profile) }
}
