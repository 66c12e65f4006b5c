import { readIfPresent, replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import type { ProfileErrorCode } from './errors.ts'
import type { Profile } from './profiles.ts'

const MAX_REFUSALS = 3 // many servers lock an account after five
const MAX_TOKEN_REFUSALS = 2 // each is two at the server: of a token, and of the one that was renewed for it
const PRIVATE = 0o600
const ALL = ['password', 'smtpPassword', 'collections'] as const

/** Whose password is tried: servers count refusals by account, whichever of their doors is knocked at. */
export interface SignInAccount {
  readonly profile: Pick<Profile, 'name' | 'number'> & Partial<Pick<Profile, 'auth'>>
  readonly which: 'password' | 'smtpPassword' | 'collections'
  /** The servers and the user name: a change of them is another account. */
  readonly identity: string
}

// The server has seen the password in both, and may count it.
const REFUSALS: ReadonlySet<string> = new Set(['UPSTREAM_SIGN_IN_REFUSED', 'UPSTREAM_CERTIFICATE_WANTED'])

/** Tells whether a failure is a refused sign-in, which servers count. */
export function isRefusedSignIn(error: unknown): error is PosternError {
  return error instanceof PosternError && REFUSALS.has(error.code)
}

/** A sign-in that is about to be tried. One of its methods must be called in the end. */
export interface SignInAttempt {
  /** The server took the password. */
  accepted(): void
  /** It did not come to an answer, or the attempt failed; a refusal is counted, and is durable when this resolves. */
  failed(error: unknown): Promise<void>
}

interface Count {
  identity: string
  refusals: number
  underWay: number
  /** Grows when the count is cleared: what was under way before says nothing about the new password. */
  generation: number
  wake: PromiseWithResolvers<void>
}

/** The account that a profile's mail is read with, and sent with where the SMTP server has none of its own. */
export function mailAccountOf(profile: Profile): SignInAccount {
  const { imap, smtp, dav, carddav, sieve, user, email, auth } = profile
  const how = auth === 'automatic' ? [] : [auth]
  return {
    profile,
    which: 'password',
    identity: JSON.stringify([
      imap ?? null,
      smtp ?? null,
      ...[dav, carddav, sieve].filter(url => url !== undefined),
      user ?? email,
      ...how,
    ]),
  }
}

/** The account of a server of calendars and address books beside the mail server: one that does not take the same password. */
export function collectionsAccountOf(profile: Profile): SignInAccount {
  const { dav, carddav, user, email, auth } = profile
  return {
    profile,
    which: 'collections',
    identity: JSON.stringify([dav ?? null, carddav ?? null, user ?? email, auth]),
  }
}

/** The account that a profile's mail is sent with. */
export function sendingAccountOf(profile: Profile): SignInAccount {
  if (profile.smtpAuth !== 'own') return mailAccountOf(profile)
  const { smtp, smtpUser, email } = profile
  return { profile, which: 'smtpPassword', identity: JSON.stringify([smtp ?? null, smtpUser ?? email]) }
}

/**
 * Keeps a wrong password from locking an account: after three refusals nobody signs in any more, until the password,
 * the user name or a server is changed, or a person says so. Survives a restart.
 */
export class SignInGuard {
  readonly #file: string
  readonly #log: Logger
  readonly #counts: Map<string, Count>
  #writes: Promise<void> = Promise.resolve()

  private constructor(file: string, log: Logger, counts: Map<string, Count>) {
    this.#file = file
    this.#log = log
    this.#counts = counts
  }

  /** Reads what is known; a damaged file counts as an empty one, and is logged. */
  static async open(file: string, log: Logger): Promise<SignInGuard> {
    const text = await readIfPresent(file)
    const counts = text === undefined ? new Map() : parse(text)
    if (!counts) log.error({ file }, 'the count of refused sign-ins is damaged and begins anew')
    return new SignInGuard(file, log, counts ?? new Map())
  }

  /** Tells whether sign-ins are stopped. */
  isStopped(account: SignInAccount): boolean {
    return this.#countOf(account).refusals >= maxRefusalsOf(account)
  }

  /**
   * Asks to sign in. Refusals and attempts under way are never more than three together (two with OAuth2): who comes too many
   * waits.
   *
   * @throws {PosternError} PROFILE_SIGN_IN_STOPPED
   */
  async begin(account: SignInAccount): Promise<SignInAttempt> {
    const max = maxRefusalsOf(account)
    for (;;) {
      const count = this.#countOf(account)
      if (count.refusals >= max) throw signInStopped(account)
      if (count.refusals + count.underWay < max) return this.#attempt(count)
      await count.wake.promise
    }
  }

  /** Counts a refusal of a sign-in that was not asked for here: a watcher's, whose connection was lost. */
  async countRefusal(account: SignInAccount): Promise<void> {
    this.#countOf(account).refusals++
    await this.#write()
  }

  /** Forgets the refusals of a password that was changed, or of a profile. */
  async clear(profile: number, which: readonly SignInAccount['which'][] = ALL): Promise<void> {
    for (const each of which) {
      const count = this.#counts.get(`${profile}/${each}`)
      if (count) this.#reset(count, count.identity)
    }
    await this.#write()
  }

  #attempt(count: Count): SignInAttempt {
    const { generation } = count
    let isOver = false
    count.underWay++
    const end = (): boolean => {
      const isFirst = !isOver
      isOver = true
      if (!isFirst || count.generation !== generation) return false
      count.underWay--
      count.wake.resolve()
      count.wake = Promise.withResolvers()
      return true
    }
    return {
      accepted: () => {
        if (!end() || count.refusals === 0) return
        count.refusals = 0
        void this.#write()
      },
      failed: async error => {
        const isRefusal = isRefusedSignIn(error)
        if (isRefusal && !isOver && count.generation === generation) count.refusals++
        if (end() && isRefusal) await this.#write()
      },
    }
  }

  #countOf({ profile, which, identity }: SignInAccount): Count {
    const key = `${profile.number}/${which}`
    const count = this.#counts.get(key) ?? newCount(identity, 0)
    this.#counts.set(key, count)
    if (count.identity !== identity) this.#reset(count, identity)
    return count
  }

  #reset(count: Count, identity: string): void {
    Object.assign(count, { identity, refusals: 0, underWay: 0, generation: count.generation + 1 })
    count.wake.resolve()
    count.wake = Promise.withResolvers()
  }

  #write(): Promise<void> {
    this.#writes = this.#writes.then(async () => {
      const counts = [...this.#counts].filter(([, { refusals }]) => refusals > 0)
      const document = Object.fromEntries(counts.map(([key, { identity, refusals }]) => [key, { identity, refusals }]))
      // While the disk is full the count in memory holds; the sign-in has its own outcome to tell.
      await replaceFile(this.#file, `${JSON.stringify(document, undefined, 2)}\n`, PRIVATE).catch(error => {
        this.#log.error({ err: error }, 'the count of refused sign-ins could not be kept')
      })
    })
    return this.#writes
  }
}

function maxRefusalsOf(account: SignInAccount): number {
  return isToken(account) ? MAX_TOKEN_REFUSALS : MAX_REFUSALS
}

function isToken({ profile, which }: SignInAccount): boolean {
  return which !== 'smtpPassword' && profile.auth === 'oauth2'
}

function isExternal({ profile, which }: SignInAccount): boolean {
  return which === 'password' && profile.auth === 'external'
}

/** Says that nobody signs in any more; `cause` is the refusal that was one too many. */
export function signInStopped(account: SignInAccount, cause?: PosternError): PosternError {
  const { profile } = account
  const says = cause ? `${cause.message} ` : ''
  return new PosternError<ProfileErrorCode>(
    'PROFILE_SIGN_IN_STOPPED',
    `${says}The ${whatOf(account)} of ${profile.name} was refused ${maxRefusalsOf(account)} times${account.which === 'collections' ? ' by the server of its calendars' : ''}: Postern signs in no more, so that the account is not locked.`,
    {
      remedy: 'user',
      advice:
        `${wayOut(account)}. ` + `If it is right after all: postern sync --profile ${profile.name} --retry-sign-in`,
      cause,
    },
  )
}

function whatOf(account: SignInAccount): string {
  if (isToken(account)) return 'access'
  return isExternal(account) ? 'client certificate' : 'password'
}

function wayOut(account: SignInAccount): string {
  const { profile, which } = account
  const { name } = profile
  if (isToken(account)) return `Sign in: postern profile sign-in ${name}`
  if (isExternal(account)) return `Give the right one: postern cert client import ${name} FILE`
  return `Store the right one: postern profile password ${name}${which === 'smtpPassword' ? ' --smtp' : ''}`
}

function newCount(identity: string, refusals: number): Count {
  return { identity, refusals, underWay: 0, generation: 0, wake: Promise.withResolvers() }
}

function parse(text: string): Map<string, Count> | undefined {
  try {
    const document: unknown = JSON.parse(text)
    if (typeof document !== 'object' || document === null) return undefined
    return new Map(Object.entries(document).map(([key, value]) => [key, countOf(value)]))
  } catch {
    return undefined // the caller says so
  }
}

function countOf(value: unknown): Count {
  if (typeof value !== 'object' || value === null) throw new Error('no count')
  const { identity, refusals } = value as Readonly<Record<string, unknown>>
  if (typeof identity !== 'string' || typeof refusals !== 'number') throw new Error('no count')
  return newCount(identity, refusals)
}
