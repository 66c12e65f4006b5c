import type { SecureContext } from 'node:tls'
import type { Home } from '../config/home.ts'
import { takeServiceEnvironment } from '../config/service-environment.ts'
import { PosternError } from '../errors.ts'
import { createImapServer } from '../imap/server.ts'
import { createPop3Server } from '../pop3/server.ts'
import { isGroupwareOnly } from '../profile/binding.ts'
import type { Profile } from '../profile/profiles.ts'
import { mailAccountOf } from '../profile/sign-in-guard.ts'
import { createSmtpServer } from '../smtp/server.ts'
import { hasStore } from '../store/store-presence.ts'
import { type FrontCertificate, openFrontCertificate } from '../tls/ca/front-certificate.ts'
import { CopyPurger } from './binding/kept-copies.ts'
import { openControlServer } from './control/control-server.ts'
import { Front, type FrontStatus } from './fronts.ts'
import { Installation } from './installation.ts'
import { createImapBackend } from './mail-view/imap-backend.ts'
import { emptySpool } from './mail-view/spooled-append.ts'
import { PolicyRunner } from './policy/policy-runner.ts'
import { MailIndexer } from './reading/mail-indexer.ts'
import { ReaderPool } from './reading/reader-pool.ts'
import { StoreTidier } from './runs/store-tidier.ts'
import { Watchers } from './runs/watchers.ts'
import { PollScheduler } from './schedule/poll-scheduler.ts'
import { OutboxRunner } from './sending/outbox-runner.ts'
import { Submission } from './sending/submission.ts'
import { ServiceNotifier } from './service/service-notifier.ts'
import { createAuthenticator, createPop3Authenticator } from './sign-in.ts'

const SECRETS_RETRY_MS = 5000
const NO_OBSERVER = { started: () => undefined, ended: () => undefined }

/** What is told once everything answers. */
export interface ReadyReport {
  readonly fronts: readonly FrontStatus[]
}

/** The daemon: fronts, control API and scheduled synchronization of one home, until it is told to stop. */
export class Daemon implements AsyncDisposable {
  readonly #installation: Installation
  readonly #stopped = Promise.withResolvers<void>()
  readonly scheduler: PollScheduler
  readonly watchers: Watchers
  readonly #submission: Submission
  readonly #tidier: StoreTidier
  readonly #copies: CopyPurger
  readonly #indexer: MailIndexer
  readonly outbox: OutboxRunner
  readonly policies: PolicyRunner
  readonly fronts: readonly Front[]
  #certificate: FrontCertificate | undefined
  #control: AsyncDisposable | undefined
  #secretsTimer: NodeJS.Timeout | undefined
  #service: ServiceNotifier | undefined

  private constructor(installation: Installation) {
    this.#installation = installation
    this.scheduler = new PollScheduler(installation)
    this.watchers = this.#makeWatchers()
    this.#submission = this.#makeSubmission()
    const reconnecting = () => {
      installation.network.forget() // another network may have another proxy
      this.#submission.reconnect()
    }
    installation.syncs.observe({ ...NO_OBSERVER, reconnecting })
    installation.pendingPasswords.onProven = profile => this.accountChanged(profile)
    this.policies = new PolicyRunner(installation, profile => this.watchers.reconsider(profile))
    this.outbox = new OutboxRunner(installation, this.#submission)
    this.fronts = [this.#pop3Front(), this.#smtpFront(), this.#imapFront()]
    this.#copies = new CopyPurger(() => installation.profiles.list(), installation.log)
    this.#tidier = new StoreTidier(installation)
    installation.syncs.observe(this.#tidier)
    this.#indexer = this.#makeIndexer()
    installation.engine.observe(this.#indexer)
  }

  /**
   * Starts the daemon of a home.
   *
   * @throws {PosternError} DAEMON_RUNNING, DAEMON_HOME_UNUSABLE, CONFIG_…, TLS_CA_UNREADABLE
   */
  static async start(home: Home, version: string): Promise<Daemon> {
    const installation = await Installation.open(home, version, new ReaderPool())
    const daemon = new Daemon(installation)
    try {
      await daemon.#start()
      return daemon
    } catch (error) {
      await daemon[Symbol.asyncDispose]()
      throw error
    }
  }

  get report(): ReadyReport {
    return { fronts: this.fronts.map(front => front.status) }
  }

  /** Asks the daemon to end; `run` then returns. */
  stop(): void {
    this.#stopped.resolve()
  }

  /** Tells a service manager that the daemon is ready, and resolves when it was asked to end. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.stop(), { once: true })
    if (signal.aborted) this.stop()
    this.#service = new ServiceNotifier(takeServiceEnvironment(), this.#installation.log)
    await this.#service.ready(this.fronts.map(({ status }) => `${status.name} ${status.state}`).join(', '))
    await this.#stopped.promise
    await this.#service.stopping()
  }

  /** Makes a changed setting count where that needs more than reading it. */
  async applySettings(key: string): Promise<void> {
    if (key === 'network.proxy') await this.networkChanged()
    for (const front of this.fronts) {
      if (!key.startsWith(`fronts.${front.name}.`) || key.endsWith('.accept')) continue
      await front.stop()
      if (this.#installation.config.config.fronts[front.name as 'pop3'].enabled) await front.start()
    }
  }

  /** Tells the server soon of what the user has changed. */
  changed(profile: Profile, what: 'mail' | 'folders'): void {
    this.scheduler.changed(profile.name, what)
  }

  /** The way to the servers is another one: connections are made anew, and what waited for that is tried at once. */
  async networkChanged(): Promise<void> {
    const { network, profiles, syncs } = this.#installation
    network.forget()
    syncs.reconnect()
    for (const profile of profiles.list()) await this.accountChanged(profile)
  }

  /** The password or the servers of a profile are others now: what waited for that goes on. */
  async accountChanged(profile: Profile): Promise<void> {
    this.watchers.forget(profile) // it begins anew after a run with what is right now
    this.#submission.reconnect(profile)
    this.scheduler.runNow(profile.name)
    await this.outbox.retry(profile, undefined)
  }

  /** A profile is parted from its account: nothing is asked of the servers any more. */
  parted(profile: Profile): void {
    this.watchers.forget(profile)
    this.scheduler.forget(profile)
    this.#submission.reconnect(profile)
  }

  /** Stops all work for a profile that is being removed. */
  async forgetProfile(profile: Profile): Promise<void> {
    this.watchers.forget(profile)
    this.scheduler.forget(profile)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#secretsTimer)
    this.#tidier[Symbol.dispose]()
    this.#copies[Symbol.dispose]()
    this.#indexer[Symbol.dispose]()
    this.scheduler[Symbol.dispose]()
    this.watchers[Symbol.dispose]()
    this.policies[Symbol.dispose]()
    await this.outbox[Symbol.asyncDispose]()
    await Promise.all(this.fronts.map(front => front.stop()))
    this.#submission[Symbol.dispose]()
    this.#installation.log.info('the daemon has stopped')
    await this.#control?.[Symbol.asyncDispose]()
    this.#certificate?.[Symbol.dispose]()
    await this.#installation[Symbol.asyncDispose]()
    this.#service?.[Symbol.dispose]()
  }

  // Fronts answer before anything that may wait: certificates, the keychain, the network.
  async #start(): Promise<void> {
    const { home, log, config } = this.#installation
    await emptySpool(home.spoolDir).catch(error => log.error({ err: error }, 'the spool could not be emptied'))
    const { fronts } = config.config
    for (const front of this.fronts) if (fronts[front.name as 'pop3'].enabled) await front.start()
    this.#certificate = await openFrontCertificate({ certsDir: home.certsDir, clock: Date.now, log })
    const context = { installation: this.#installation, daemon: this }
    this.#control = await openControlServer({ home, context, log })
    log.info({ version: this.#installation.version }, 'the daemon has started')
    this.#openStores()
    this.#indexer.start()
    this.#copies.start()
    this.#loadSecrets()
  }

  // Mail programs read them from now on, also of profiles that are paused.
  #openStores(): void {
    const { profiles, stores, log } = this.#installation
    const call = { onProgress: () => undefined, signal: new AbortController().signal }
    for (const profile of profiles.list().filter(({ dir }) => hasStore(dir))) {
      stores.open(profile, call).catch(error => {
        log.warn({ err: error, profile: profile.number }, 'a store could not be opened')
      })
    }
  }

  #loadSecrets(): void {
    this.#installation.secrets().then(
      () => {
        this.outbox.start()
        void this.policies.start().then(() => this.scheduler.start())
      },
      error => {
        if (!(error instanceof PosternError))
          this.#installation.log.error({ err: error }, 'loading the secrets hit a bug')
        else this.#installation.log.error({ err: error }, 'the secrets cannot be loaded')
        this.#secretsTimer = setTimeout(() => this.#loadSecrets(), SECRETS_RETRY_MS).unref()
      },
    )
  }

  #secureContext = (): SecureContext | undefined => this.#certificate?.current()

  get #signInOptions() {
    const { config, profiles } = this.#installation
    return { config, profiles, secrets: () => this.#installation.loadedSecrets }
  }

  #makeWatchers(): Watchers {
    const { profiles, engine, log, syncs, network } = this.#installation
    const watchers = new Watchers({
      profiles,
      engine,
      log,
      secrets: () => this.#installation.secrets(),
      ways: network,
      onChange: ({ name }, { paths, structure }) => this.scheduler.serverChanged(name, paths, structure),
      onRefused: profile => this.#countRefusal(profile),
      onSignInNeeded: ({ name }) => this.scheduler.runNow(name),
    })
    syncs.observe(watchers)
    return watchers
  }

  #makeIndexer(): MailIndexer {
    const { profiles, readers, syncs, log } = this.#installation
    return new MailIndexer({ profiles: () => profiles.list(), readers, isBusy: profile => syncs.isBusy(profile), log })
  }

  #countRefusal(profile: Profile): void {
    const { signIns, log } = this.#installation
    signIns.countRefusal(mailAccountOf(profile)).catch(error => {
      log.error({ err: error }, 'a refused sign-in could not be noted')
    })
    this.scheduler.runNow(profile.name) // a run tells what is wrong
  }

  #makeSubmission(): Submission {
    return new Submission(this.#installation, createAuthenticator(this.#signInOptions), () => this.outbox.wake())
  }

  #smtpFront(): Front {
    const { config, log } = this.#installation
    return new Front(
      'smtp',
      (events, secureContext) => {
        const { port, greeting, maxConnections } = config.config.fronts.smtp
        return createSmtpServer({ port, greeting, maxConnections, secureContext, events, backend: this.#submission })
      },
      this.#secureContext,
      log,
    )
  }

  #imapFront(): Front {
    const { config, log } = this.#installation
    const backend = createImapBackend({
      installation: this.#installation,
      authenticator: createAuthenticator(this.#signInOptions),
      onChanged: (profile, what) => this.changed(profile, what),
    })
    return new Front(
      'imap',
      (events, secureContext) => {
        const { port, greeting, maxConnections } = config.config.fronts.imap
        return createImapServer({ port, greeting, maxConnections, secureContext, events, backend })
      },
      this.#secureContext,
      log,
    )
  }

  #pop3Front(): Front {
    const { config, log } = this.#installation
    const authenticator = createPop3Authenticator(this.#signInOptions)
    const hasMailElsewhere = (name: string) => {
      const profile = this.#installation.profiles.list().find(each => each.name === name)
      return profile !== undefined && isGroupwareOnly(profile)
    }
    const backend = { ...authenticator, hasMailElsewhere, polled: (name: string) => this.scheduler.polled(name) }
    return new Front(
      'pop3',
      (events, secureContext) => {
        const { port, greeting, maxConnections } = config.config.fronts.pop3
        return createPop3Server({ port, greeting, maxConnections, secureContext, events, backend })
      },
      this.#secureContext,
      log,
    )
  }
}
