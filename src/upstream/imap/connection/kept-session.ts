import { PosternError } from '../../../errors.ts'
import type { UpstreamErrorCode } from '../../errors.ts'
import type { Credentials } from '../../sign-in/credentials.ts'
import type { ImapConnection } from './connection.ts'
import { type ImapAccount, type ImapClientOptions, openSession } from './session.ts'

const IDLE_MS = 150_000 // the most urgent folders are looked at every minute; routers remember for some minutes
const MAX_AGE_MS = 600_000 // a certificate's approval, once taken back, is used no longer
const PROBE_MS = 3000 // then another connection is quicker

/** How long a session is kept. */
export interface KeptSessionLimits {
  readonly idleMs?: number
  readonly maxAgeMs?: number
  readonly probeMs?: number
}

interface Session {
  readonly connection: ImapConnection
  readonly account: ImapAccount
  readonly credentials: Credentials
  readonly openedMs: number
}

/** A session, and the way to hand it back. */
export interface LentSession {
  readonly connection: ImapConnection
  /** Ends the use of it; `isClean` when no folder is open in it. */
  readonly release: (isClean: boolean) => Promise<void>
}

/** Keeps one signed-in session of an account for a while after its use: who needs one next is spared the sign-in. */
export class KeptSession {
  readonly #limits: Required<KeptSessionLimits>
  #idle: Session | undefined
  /** How often all sessions were dropped: one that was lent before is not kept any more. */
  #drops = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ idleMs = IDLE_MS, maxAgeMs = MAX_AGE_MS, probeMs = PROBE_MS }: KeptSessionLimits = {}) {
    this.#limits = { idleMs, maxAgeMs, probeMs }
  }

  /**
   * Lends the kept session when it is this account's and still answers, else a new one.
   *
   * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…
   */
  async open(account: ImapAccount, options: ImapClientOptions, signal: AbortSignal): Promise<LentSession> {
    const drops = this.#drops
    const kept = this.#take()
    if (kept && (await this.#isUsable(kept, account, signal))) {
      kept.connection.listen({ slow: options.onSlow })
      return this.#lend(kept, drops)
    }
    const credentials = await account.credentials()
    const connection = await openSession({ ...account, credentials: async () => credentials }, options, signal)
    return this.#lend({ connection, account, credentials, openedMs: performance.now() }, drops)
  }

  /** Keeps none of the sessions made until now: signs out of the one that waits here, and of those in use after that. */
  drop(): void {
    this.#drops++
    this.#signOut()
  }

  #signOut(): void {
    void this.#take()?.connection[Symbol.asyncDispose]()
  }

  #take(): Session | undefined {
    const session = this.#idle
    this.#idle = undefined
    clearTimeout(this.#timer)
    return session
  }

  async #isUsable(session: Session, account: ImapAccount, signal: AbortSignal): Promise<boolean> {
    const { connection, openedMs } = session
    const isYoung = performance.now() - openedMs < this.#limits.maxAgeMs
    if (isYoung && isSame(session, account, await account.credentials()) && (await this.#answers(connection, signal)))
      return true
    void connection[Symbol.asyncDispose]()
    return false
  }

  async #answers(connection: ImapConnection, signal: AbortSignal): Promise<boolean> {
    const end = () => connection.destroy(unusable(connection))
    const timer = setTimeout(end, this.#limits.probeMs)
    signal.addEventListener('abort', end, { once: true })
    try {
      await connection.command(['NOOP'])
      return !signal.aborted
    } catch {
      return false // another one tells what is wrong
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  }

  #lend(session: Session, drops: number): LentSession {
    const { connection } = session
    return {
      connection,
      release: async isClean => {
        if (drops === this.#drops) await this.#release(session, isClean)
        else await connection[Symbol.asyncDispose]()
      },
    }
  }

  async #release(session: Session, isClean: boolean): Promise<void> {
    const { connection } = session
    const canClose = isClean || connection.capabilities.has('UNSELECT') // CLOSE would expunge (RFC 3691)
    if (connection.hasFailed || connection.isBusy || !canClose) {
      await connection[Symbol.asyncDispose]()
      return
    }
    this.#signOut() // the younger one is kept
    connection.listen({})
    if (!isClean) connection.command(['UNSELECT']).catch(cause => connection.destroy(unusable(connection, cause)))
    this.#idle = session
    this.#timer = setTimeout(() => this.#signOut(), this.#limits.idleMs).unref()
    connection.ended.then(() => this.#idle === session && this.#take())
  }
}

function isSame(session: Session, account: ImapAccount, credentials: Credentials): boolean {
  const { peer, security } = session.account
  return (
    peer.host === account.peer.host &&
    peer.port === account.peer.port &&
    security === account.security &&
    credentials.user === session.credentials.user &&
    passwordOf(credentials) === passwordOf(session.credentials)
  )
}

// Undefined with OAuth2: a session outlives the access token that it was opened with.
function passwordOf(credentials: Credentials): string | undefined {
  return 'password' in credentials ? credentials.password : undefined
}

function unusable({ where }: ImapConnection, cause?: unknown): PosternError {
  return new PosternError<UpstreamErrorCode>('UPSTREAM_LOST', `${where} could not be used any further.`, {
    remedy: 'retry',
    advice: 'Postern connects anew by itself.',
    cause,
  })
}
