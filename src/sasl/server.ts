import { createHmac, randomBytes } from 'node:crypto'
import { equalInConstantTime } from './constant-time.ts'
import type { SignInAttempt } from './sign-in.ts'

/** The mechanisms that our fronts offer, best first as clients expect them listed. */
export const SERVER_MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const
export type ServerMechanism = (typeof SERVER_MECHANISMS)[number]

/** What the server side of an exchange does next. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly octets: Buffer }
  | { readonly kind: 'attempt'; readonly attempt: SignInAttempt }
  | { readonly kind: 'malformed' }

/** The server side of one authentication. Octets are decoded from base64 already. */
export interface SaslExchange {
  /** Takes the client's response; undefined at the start, when there is no initial response. */
  next(response: Buffer | undefined): SaslStep
}

const MALFORMED: SaslStep = { kind: 'malformed' }

/** Starts the named mechanism; undefined when it is not offered. */
export function startMechanism(name: string): SaslExchange | undefined {
  switch (name.toUpperCase()) {
    case 'PLAIN':
      return { next: plain }
    case 'LOGIN':
      return login()
    case 'CRAM-MD5':
      return cramMd5(`<${randomBytes(12).toString('hex')}@localhost>`)
    default:
      return undefined
  }
}

/** RFC 4616: authzid NUL authcid NUL password. */
function plain(response: Buffer | undefined): SaslStep {
  if (!response) return { kind: 'challenge', octets: Buffer.alloc(0) }
  const parts = response.toString('utf8').split('\0')
  const [, user, password] = parts
  if (parts.length !== 3 || !user || password === undefined) return MALFORMED
  return { kind: 'attempt', attempt: { kind: 'password', user, password } }
}

/** draft-murchison-sasl-login: two questions. Outlook asks for it first. */
function login(): SaslExchange {
  let user: string | undefined
  let asked: 'nothing' | 'user' | 'password' = 'nothing'
  return {
    next(response) {
      if (asked === 'nothing' && !response) {
        asked = 'user'
        return { kind: 'challenge', octets: Buffer.from('Username:') }
      }
      if (!response) return MALFORMED
      if (asked !== 'password') {
        user = response.toString('utf8')
        asked = 'password'
        return { kind: 'challenge', octets: Buffer.from('Password:') }
      }
      if (!user) return MALFORMED
      return { kind: 'attempt', attempt: { kind: 'password', user, password: response.toString('utf8') } }
    },
  }
}

/** RFC 2195: user SP hex(hmac-md5(secret, challenge)). */
function cramMd5(challenge: string): SaslExchange {
  let isAsked = false
  return {
    next(response) {
      if (!isAsked) {
        isAsked = true
        // RFC 2195 knows no initial response.
        return response ? MALFORMED : { kind: 'challenge', octets: Buffer.from(challenge) }
      }
      const match = /^(.+) ([0-9a-f]{32})$/s.exec(response?.toString('utf8') ?? '')
      if (!match?.[1] || !match[2]) return MALFORMED
      const digest = match[2]
      const matches = (secret: string) =>
        equalInConstantTime(createHmac('md5', secret).update(challenge).digest('hex'), digest)
      return { kind: 'attempt', attempt: { kind: 'digest', user: match[1], matches } }
    },
  }
}
