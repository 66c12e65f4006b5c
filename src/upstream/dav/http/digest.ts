import { createHash, randomBytes } from 'node:crypto'
import type { Challenge } from './challenges.ts'

const ALGORITHMS: Readonly<Record<string, string>> = { md5: 'md5', 'sha-256': 'sha256' }

/** Who signs in. */
export interface DigestUser {
  readonly user: string
  readonly password: string
}

/** Answers a Digest challenge (RFC 7616) again and again, the password staying here. */
export class DigestAnswers {
  readonly #user: DigestUser
  readonly #parameters: ReadonlyMap<string, string>
  readonly #cnonce = randomBytes(16).toString('hex')
  readonly #hash: (text: string) => string
  readonly #isSession: boolean
  #count = 0

  private constructor(user: DigestUser, parameters: ReadonlyMap<string, string>, hash: string, isSession: boolean) {
    this.#user = user
    this.#parameters = parameters
    this.#hash = text => createHash(hash).update(text, 'utf8').digest('hex')
    this.#isSession = isSession
  }

  /** Undefined when the challenge is of a kind that is not known here. */
  static to({ parameters }: Challenge, user: DigestUser): DigestAnswers | undefined {
    const algorithm = (parameters.get('algorithm') ?? 'MD5').toLowerCase()
    const hash = ALGORITHMS[algorithm.replace(/-sess$/, '')]
    const qop = parameters.get('qop')
    const isKnown = qop === undefined || qop.split(/[\s,]+/).includes('auth')
    if (!hash || !isKnown || !parameters.has('nonce') || !parameters.has('realm')) return undefined
    return new DigestAnswers(user, parameters, hash, algorithm.endsWith('-sess'))
  }

  /** The value of Authorization for one request; `path` as it goes over the wire. */
  authorization(method: string, path: string): string {
    const { user, password } = this.#user
    const [realm = '', nonce = ''] = ['realm', 'nonce'].map(name => this.#parameters.get(name))
    const nc = (++this.#count).toString(16).padStart(8, '0')
    const secret = this.#hash(`${user}:${realm}:${password}`)
    const a1 = this.#isSession ? this.#hash(`${secret}:${nonce}:${this.#cnonce}`) : secret
    const a2 = this.#hash(`${method}:${path}`)
    const hasQop = this.#parameters.has('qop')
    const middle = hasQop ? `${nonce}:${nc}:${this.#cnonce}:auth` : nonce
    return `Digest ${[
      usernameOf(user),
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(path)}`,
      `response="${this.#hash(`${a1}:${middle}:${a2}`)}"`,
      ...(hasQop || this.#isSession ? [`cnonce="${this.#cnonce}"`] : []),
      ...(hasQop ? [`nc=${nc}`, 'qop=auth'] : []),
      ...this.#echo('algorithm', false),
      ...this.#echo('opaque', true),
    ].join(', ')}`
  }

  #echo(name: string, isQuoted: boolean): string[] {
    const value = this.#parameters.get(name)
    return value === undefined ? [] : [`${name}=${isQuoted ? quoted(value) : value}`]
  }
}

// RFC 7616 section 3.4.4; a header holds no other way of writing it.
function usernameOf(user: string): string {
  if (/^[\x20-\x7e]*$/.test(user)) return `username=${quoted(user)}`
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return `username*=UTF-8''${encodeURIComponent(user).replace(/['()*]/g, percent)}`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
