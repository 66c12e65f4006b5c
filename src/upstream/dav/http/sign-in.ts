import type { PosternError } from '../../../errors.ts'
import { isLoopback } from '../../../net/loopback.ts'
import type { ExternalCredentials } from '../../../sasl/choose-mechanism.ts'
import type { Credentials, PasswordCredentials, TokenCredentials } from '../../sign-in/credentials.ts'
import { signInRefused } from '../../sign-in/mechanism.ts'
import type { Challenge } from './challenges.ts'
import { DigestAnswers } from './digest.ts'
import { failures } from './failures.ts'

/** A request that is to be signed; `path` as it goes over the wire. */
export interface Signed {
  readonly method: string
  readonly path: string
}

/** What was sent, so that it can be told what was refused. */
export interface Attempt {
  readonly authorization: string | undefined
  /** The access token in it. */
  readonly token?: string
}

/**
 * Signs the requests to one origin. Over TLS, Basic and Bearer go with the first request, since some servers ask nobody
 * to sign in and show strangers an empty account; without TLS the server is asked first, and Digest is preferred.
 */
export class SignIn {
  readonly #origin: URL
  readonly #credentials: () => Promise<Credentials>
  #asked: Promise<Credentials> | undefined
  #digest: DigestAnswers | undefined
  #isBasic: boolean
  #refused: PosternError | undefined

  constructor(origin: URL, credentials: () => Promise<Credentials>) {
    this.#origin = origin
    this.#credentials = credentials
    this.#isBasic = origin.protocol === 'https:'
  }

  /**
   * Signs a request.
   *
   * @throws {PosternError} UPSTREAM_TOKEN_NEEDS_TLS, what was refused before, and what keeps the credentials from being read
   */
  async sign({ method, path }: Signed): Promise<Attempt> {
    if (this.#refused) throw this.#refused // asked again and again, servers lock the account
    const known = await this.#known()
    if ('token' in known) return this.#bearer(await known.token())
    if (!('password' in known)) return { authorization: undefined } // the certificate is shown before any request
    if (this.#digest) return { authorization: this.#digest.authorization(method, path) }
    return { authorization: this.#isBasic ? basic(known) : undefined }
  }

  /** Signs in with Basic from now on although nobody asked: a server showed an account that is nobody's. */
  unasked(): boolean {
    if (this.#isBasic || this.#digest) return false
    this.#isBasic = true
    return true
  }

  /**
   * Takes a 401; the request is to be signed and sent once more then.
   *
   * @throws {PosternError} UPSTREAM_SIGN_IN_REFUSED, UPSTREAM_NO_MECHANISM
   */
  async challenged(attempt: Attempt, challenges: readonly Challenge[]): Promise<void> {
    const known = await this.#known()
    if ('token' in known) return this.#renew(known, attempt.token)
    if (!('password' in known)) throw this.#refuse(known, 'EXTERNAL')
    if (!this.#choose(attempt, challenges, known)) throw this.#unanswerable(attempt, challenges, known)
  }

  // False when nothing is left to try.
  #choose({ authorization }: Attempt, challenges: readonly Challenge[], known: PasswordCredentials): boolean {
    const digest = challenges.find(({ scheme }) => scheme === 'digest')
    const answers = digest && DigestAnswers.to(digest, known)
    const offersBasic = challenges.some(({ scheme }) => scheme === 'basic')
    const isStale = digest?.parameters.get('stale')?.toLowerCase() === 'true' // the password was right
    const maySign = authorization === undefined || (isDigest(authorization) ? isStale : !offersBasic)
    if (!maySign) return false
    if (answers) this.#digest = answers
    else if (offersBasic && authorization === undefined) this.#isBasic = true
    else return false
    return true
  }

  #unanswerable({ authorization }: Attempt, challenges: readonly Challenge[], known: PasswordCredentials) {
    const schemes = challenges.map(({ scheme }) => scheme)
    const sent = authorization && (isDigest(authorization) ? 'digest' : 'basic')
    // Some servers name no scheme when they refuse.
    if (sent && (schemes.length === 0 || schemes.includes(sent))) return this.#refuse(known, 'PLAIN')
    return failures.noMechanism(this.#origin.host, schemes)
  }

  async #renew(known: TokenCredentials, refused: string | undefined): Promise<void> {
    const renewed = await known.token(refused)
    if (refused !== undefined && renewed === refused) throw this.#refuse({ ...known, token: refused }, 'OAUTHBEARER')
  }

  /** The request was refused although it was signed anew. */
  async failed(attempt: Attempt): Promise<PosternError> {
    const known = await this.#known()
    if (attempt.token !== undefined) return this.#refuse({ user: known.user, token: attempt.token }, 'OAUTHBEARER')
    return 'password' in known ? this.#refuse(known, 'PLAIN') : this.#refuse(known as ExternalCredentials, 'EXTERNAL') // no token
  }

  #refuse(credentials: Parameters<typeof signInRefused>[1], name: string): PosternError {
    const says = 'HTTP status 401'
    this.#refused ??= signInRefused({ where: this.#origin.host }, credentials, { name }, { says, cause: undefined })
    return this.#refused
  }

  #bearer(token: string): Attempt {
    const isSecure = this.#origin.protocol === 'https:' || isLoopback(this.#origin.hostname.replace(/^\[|\]$/g, ''))
    if (!isSecure) throw failures.tokenNeedsTls(this.#origin.host)
    return { authorization: `Bearer ${token}`, token }
  }

  #known(): Promise<Credentials> {
    this.#asked ??= this.#credentials()
    return this.#asked
  }
}

function isDigest(authorization: string): boolean {
  return authorization.startsWith('Digest ')
}

function basic({ user, password }: PasswordCredentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}
