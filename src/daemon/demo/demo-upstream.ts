import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImapBackend } from '../../imap/backend.ts'
import { createImapServer } from '../../imap/server.ts'
import type { Logger } from '../../log/logger.ts'
import type { Listener, ListenerEvents } from '../../net/listener.ts'
import { equalInConstantTime } from '../../sasl/constant-time.ts'
import type { SignInAttempt, SignInResult } from '../../sasl/sign-in.ts'
import { Store } from '../../store/store.ts'
import { applyLocalChange } from '../../sync/local/local-change.ts'
import { MailAccount } from '../mail-view/mail-account.ts'
import { MailNews } from '../mail-view/mail-news.ts'
import { InlineReaders } from '../reading/readers.ts'
import { fillStore } from './fill-store.ts'
import { sampleMail } from './sample-mail/sample-mail.ts'
import { SAMPLE_FOLDERS } from './sample-mail/sample-message.ts'
import { createSubmissionSink } from './sink.ts'
import { StoreInbox } from './store-inbox.ts'

const HOSTS = ['127.0.0.1'] as const
const MAX_CONNECTIONS = 64
const ACCOUNT = 1
const SEED = 1

/** Where the demo's mail server lives, and who may use it. */
export interface DemoUpstreamOptions {
  /** An empty folder. */
  readonly dir: string
  readonly address: string
  readonly password: string
  readonly clock: () => number
  readonly log: Logger
}

/** What the demo's mail server has. */
export interface DemoUpstreamReport {
  readonly imapPort: number
  readonly smtpPort: number
  readonly messages: number
  readonly folders: number
}

/**
 * A mail server for the demo: our IMAP front over a store of its own, and a submission port whose mail goes into its Inbox.
 * Reads and writes where it runs: in a process of its own.
 */
export class DemoUpstream implements AsyncDisposable {
  readonly #options: DemoUpstreamOptions
  readonly #store: Store
  readonly #readers = new InlineReaders()
  readonly #news: MailNews
  readonly #listeners: readonly Listener[]

  private constructor(options: DemoUpstreamOptions) {
    const { dir, address, password, clock, log } = options
    this.#options = options
    this.#news = new MailNews(this.#readers, log)
    this.#store = Store.open(dir, { clock, log, onCommit: () => this.#news.committed(ACCOUNT) })
    const shared = {
      ...({ port: 0, greeting: 'detect', maxConnections: MAX_CONNECTIONS, hosts: HOSTS } as const),
      ...{ secureContext: () => undefined, events: this.#events() },
    }
    const inbox = new StoreInbox({ store: this.#store, spoolDir: join(dir, 'spool'), clock })
    const sink = { user: address, password, log, deliver: inbox.deliver.bind(inbox) }
    this.#listeners = [createImapServer({ ...shared, backend: this.#backend() }), createSubmissionSink(sink, shared)]
  }

  /** Starts one with sample mail; it listens when this resolves. */
  static async start(options: DemoUpstreamOptions): Promise<{ upstream: DemoUpstream; report: DemoUpstreamReport }> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 })
    const upstream = new DemoUpstream(options)
    const { messages } = await upstream.#fill()
    for (const listener of upstream.#listeners) await listener.start()
    const [imapPort = 0, smtpPort = 0] = upstream.#listeners.map(({ status }) => status.port)
    return { upstream, report: { imapPort, smtpPort, messages, folders: SAMPLE_FOLDERS.length } }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#listeners.map(listener => listener.stop({ graceMs: 0 })))
    await this.#readers[Symbol.asyncDispose]()
    this.#store[Symbol.dispose]()
  }

  #fill() {
    const { address, clock } = this.#options
    return fillStore(this.#store, {
      folders: SAMPLE_FOLDERS,
      messages: sampleMail({ address, baseDateMs: clock(), seed: SEED }),
    })
  }

  async #signIn(attempt: SignInAttempt): Promise<SignInResult> {
    const { address, password } = this.#options
    const isRight =
      attempt.kind === 'digest' ? attempt.matches(password) : equalInConstantTime(attempt.password, password)
    return isRight && attempt.user === address ? { kind: 'accepted', profile: 'demo' } : { kind: 'refused' }
  }

  #backend(): ImapBackend {
    const { dir, clock } = this.#options
    const account = new MailAccount({
      ...{ profile: { number: ACCOUNT, dir }, readers: this.#readers, news: this.#news, clock },
      spoolDir: join(dir, 'spool'),
      change: change => applyLocalChange(this.#store, change, clock),
      fetch: async () => ({ errors: [] }), // all of it is here
    })
    return { signIn: attempt => this.#signIn(attempt), account: () => account }
  }

  #events(): ListenerEvents {
    const { log } = this.#options
    return {
      failed: error => log.error({ err: error }, 'a connection to the mail server of the demo ended with a bug'),
      refused: () => undefined,
      changed: () => undefined,
    }
  }
}
