import { join } from 'node:path'
import process from 'node:process'
import { ConfigFile } from '../config/config-file.ts'
import type { Home } from '../config/home.ts'
import { DailyFile } from '../log/daily-file.ts'
import { createLogger, type Logger } from '../log/logger.ts'
import { Profiles } from '../profile/profiles.ts'
import { Secrets } from '../profile/secrets.ts'
import { EngineClient } from './engine-client.ts'
import { lockHome } from './home-lock.ts'
import type { Readers } from './readers.ts'
import { SyncRunner } from './sync-runner.ts'

/** Everything that is at work in one home: in the daemon, or in a command line while there is none. */
export class Installation implements AsyncDisposable {
  readonly home: Home
  readonly version: string
  readonly config: ConfigFile
  readonly profiles: Profiles
  readonly readers: Readers
  readonly log: Logger
  readonly logsDir: string
  readonly syncs: SyncRunner
  readonly #engine: EngineClient
  readonly #logFile: DailyFile
  readonly #lock: Disposable
  #secrets: Promise<Secrets> | undefined
  #loadedSecrets: Secrets | undefined

  private constructor(home: Home, version: string, config: ConfigFile, readers: Readers, lock: Disposable) {
    this.home = home
    this.version = version
    this.config = config
    this.readers = readers
    this.#lock = lock
    this.profiles = new Profiles(home, config)
    this.logsDir = config.config.log.dir ?? home.logsDir
    this.#logFile = new DailyFile({ dir: this.logsDir, clock: Date.now })
    this.log = createLogger(config.config.log.level, this.#logFile).child({ component: 'main', pid: process.pid })
    const settings = {
      logsDir: this.logsDir,
      logLevel: config.config.log.level,
      approvalsFile: this.approvalsFile,
      version,
    }
    this.#engine = new EngineClient(settings, this.log)
    this.syncs = new SyncRunner(this.#engine, () => this.secrets(), this.log)
  }

  /**
   * Takes a home for this process.
   *
   * @throws {PosternError} DAEMON_RUNNING, DAEMON_HOME_UNUSABLE, CONFIG_…
   */
  static async open(home: Home, version: string, readers: Readers): Promise<Installation> {
    const lock = lockHome(home)
    try {
      return new Installation(home, version, await ConfigFile.open(home.configFile), readers, lock)
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  get approvalsFile(): string {
    return join(this.home.certsDir, 'approved.json')
  }

  get enginePid(): number | undefined {
    return this.#engine.pid
  }

  /** Loads the secrets once; a failure is tried again at the next call. */
  secrets(): Promise<Secrets> {
    this.#secrets ??= Secrets.open(this.home, this.config.config.secrets.store).then(
      secrets => {
        this.#loadedSecrets = secrets
        return secrets
      },
      error => {
        this.#secrets = undefined
        throw error
      },
    )
    return this.#secrets
  }

  /** The secrets, if they are in memory: sign-ins never wait for a keychain. */
  get loadedSecrets(): Secrets | undefined {
    return this.#loadedSecrets
  }

  /** Lets go of a profile's store in all processes. */
  async closeStore(profile: number, dir: string): Promise<void> {
    await this.#engine.close(profile)
    for await (const _ of this.readers.stream('forget', { dir })) break
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.syncs[Symbol.asyncDispose]()
    await this.#engine[Symbol.asyncDispose]()
    await this.readers[Symbol.asyncDispose]()
    this.#logFile.flush()
    this.#lock[Symbol.dispose]()
  }
}
