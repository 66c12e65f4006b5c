import { join } from 'node:path'
import process from 'node:process'
import { ConfigFile } from '../config/config-file.ts'
import type { Home } from '../config/home.ts'
import { InstallationDefaults } from '../config/installation-defaults.ts'
import { logCrashes } from '../log/crash-log.ts'
import { DailyFile } from '../log/daily-file.ts'
import { createLogger, type Logger } from '../log/logger.ts'
import { AccessTokens } from '../profile/oauth/access-tokens.ts'
import type { OAuthFetch } from '../profile/oauth/authorization-server.ts'
import { signInNeeded } from '../profile/oauth/failures.ts'
import { Policies } from '../profile/policies.ts'
import { type Profile, Profiles } from '../profile/profiles.ts'
import { Secrets } from '../profile/secrets.ts'
import { SignInGuard } from '../profile/sign-in-guard.ts'
import { Approvals } from '../tls/approvals.ts'
import { verifyPeers } from '../tls/verified-peer.ts'
import { EngineClient } from './engine/engine-client.ts'
import { lockHome } from './home-lock.ts'
import { Network } from './network/network.ts'
import { providerFetch } from './oauth/provider-fetch.ts'
import { PendingPasswords } from './password/pending-passwords.ts'
import type { Readers } from './reading/readers.ts'
import { StoreKeeper } from './runs/store-keeper.ts'
import { SyncRunner } from './runs/sync-runner.ts'
import { giveUserPorts } from './user-ports.ts'

interface Logging {
  readonly dir: string
  readonly file: DailyFile
  readonly log: Logger
}

interface Parts {
  readonly home: Home
  readonly version: string
  readonly config: ConfigFile
  readonly readers: Readers
  readonly lock: Disposable
  readonly logging: Logging
  readonly signIns: SignInGuard
  readonly policies: Policies
}

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
  readonly stores: StoreKeeper
  readonly signIns: SignInGuard
  readonly policies: Policies
  readonly engine: EngineClient
  /** Of the profiles that sign in with OAuth2. */
  readonly tokens: AccessTokens
  /** The way to OAuth2 providers. */
  readonly providerFetch: OAuthFetch
  readonly network: Network
  readonly pendingPasswords: PendingPasswords
  readonly #logFile: DailyFile
  readonly #crashes: Disposable
  readonly #lock: Disposable
  #secrets: Promise<Secrets> | undefined
  #loadedSecrets: Secrets | undefined

  private constructor({ home, version, config, readers, lock, logging, signIns, policies }: Parts) {
    this.home = home
    this.version = version
    this.config = config
    this.readers = readers
    this.#lock = lock
    this.policies = policies
    this.profiles = new Profiles(home, config, policies)
    this.logsDir = logging.dir
    this.#logFile = logging.file
    this.log = logging.log
    this.#crashes = logCrashes(this.log, () => this.#logFile.flush())
    this.signIns = signIns
    this.network = new Network({ settings: () => config.config.network, secrets: () => this.secrets() })
    const settings = {
      logsDir: this.logsDir,
      logLevel: config.config.log.level,
      approvalsFile: this.approvalsFile,
      version,
    }
    this.providerFetch = providerFetch({
      verifier: verifyPeers(new Approvals(this.approvalsFile)),
      proxyTo: peer => this.network.proxyTo(undefined, peer),
    })
    this.tokens = new AccessTokens({
      secrets: () => this.secrets(),
      fetch: this.providerFetch,
      clock: Date.now,
      log: this.log,
    })
    this.engine = new EngineClient(settings, this.log, (profile, refused) => this.#tokenFor(profile, refused))
    this.syncs = new SyncRunner({
      engine: this.engine,
      secrets: () => this.secrets(),
      ways: this.network,
      signIns,
      tokens: this.tokens,
      onPolicy: (profile, text) => this.#takePolicy(profile, text),
      log: this.log,
    })
    this.pendingPasswords = new PendingPasswords(this)
    this.syncs.observe(this.pendingPasswords)
    this.stores = new StoreKeeper(this.engine, this.syncs, readers, version)
  }

  /**
   * Takes a home for this process.
   *
   * @throws {PosternError} DAEMON_RUNNING, DAEMON_HOME_UNUSABLE, CONFIG_…
   */
  static async open(home: Home, version: string, readers: Readers): Promise<Installation> {
    const lock = lockHome(home)
    try {
      const config = await ConfigFile.open(home.configFile, await InstallationDefaults.find(home))
      await giveUserPorts(config)
      const logging = openLog(home, config)
      const signIns = await SignInGuard.open(home.signInsFile, logging.log)
      const policies = await Policies.open(home.policiesDir, logging.log)
      return new Installation({ home, version, config, readers, lock, logging, signIns, policies })
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  get approvalsFile(): string {
    return join(this.home.certsDir, 'approved.json')
  }

  async #tokenFor(number: number, refused: string | undefined): Promise<string> {
    const profile = this.profiles.list().find(profile => profile.number === number)
    if (profile?.auth === 'oauth2') return this.tokens.get(profile, refused)
    throw signInNeeded({ name: profile?.name ?? String(number) }, 'it signs in with OAuth2 no more')
  }

  get enginePid(): number | undefined {
    return this.engine.pid
  }

  /** Loads the secrets once; a failure is tried again at the next call. */
  secrets(): Promise<Secrets> {
    this.#secrets ??= this.#openSecrets().then(
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

  async #openSecrets(): Promise<Secrets> {
    const isRemembered = (number: number) =>
      this.profiles.list().find(profile => profile.number === number)?.rememberPassword ?? true
    const secrets = await Secrets.open(this.home, this.config.config.secrets.store, isRemembered)
    // Whoever edits config.yaml by hand expects that as well.
    for (const { number } of this.profiles.list()) {
      await secrets.settle(number).catch(error => {
        this.log.error({ err: error, profile: number }, 'a password that is not to be remembered could not be removed')
      })
    }
    return secrets
  }

  /** The secrets, if they are in memory: sign-ins never wait for a keychain. */
  get loadedSecrets(): Secrets | undefined {
    return this.#loadedSecrets
  }

  /** Lets go of a profile's store in all processes. */
  async closeStore(profile: number, dir: string): Promise<void> {
    await this.engine.close(profile)
    await this.forgetStore(dir)
  }

  /** Lets readers open a store anew: there is another one, or none, in its place. */
  async forgetStore(dir: string): Promise<void> {
    for await (const _ of this.readers.stream('forget', { dir })) break
  }

  /** Keeps a policy; gives the profile as it counts from now on when that is another one than before. */
  async #takePolicy(profile: Profile, text: string | undefined): Promise<Profile | undefined> {
    try {
      const isChanged = await this.policies.take(profile, 'metadata', { text })
      return isChanged ? this.profiles.get(profile.name) : undefined
    } catch (error) {
      this.log.error({ err: error }, 'a policy of the mail server could not be kept')
      return undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.syncs[Symbol.asyncDispose]()
    await this.pendingPasswords[Symbol.asyncDispose]()
    await this.engine[Symbol.asyncDispose]()
    await this.readers[Symbol.asyncDispose]()
    this.#crashes[Symbol.dispose]()
    this.#logFile.flush()
    this.#lock[Symbol.dispose]()
  }
}

function openLog(home: Home, { config }: ConfigFile): Logging {
  const dir = config.log.dir ?? home.logsDir
  const file = new DailyFile({ dir, clock: Date.now })
  return { dir, file, log: createLogger(config.log.level, file).child({ component: 'main', pid: process.pid }) }
}
