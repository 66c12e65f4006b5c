import type { TokenEndpointResponse } from 'oauth4webapi'
import { z } from 'zod'
import { unavailable } from './failures.ts'

const MAX_TOKEN_LENGTH = 16_384 // Microsoft's have about 3,000
const EARLY_MS = 300_000
const EARLY_SHARE = 0.25 // of a token that lives for less than 20 minutes

const token = z.string().regex(new RegExp(`^[\\x21-\\x7e]{1,${MAX_TOKEN_LENGTH}}$`)) // RFC 6749 appendix A.12, A.17

const schema = z.object({
  /** Of the target: which provider, which client. */
  identity: z.string(),
  tokenEndpoint: z.string(),
  clientId: z.string(),
  clientSecret: z.string().optional(),
  /** How the client says who it is. */
  clientAuth: z.enum(['none', 'basic', 'post']),
  title: z.string(),
  accessToken: token,
  /** Times of the wall clock, in ms; absent where the provider does not say. */
  renewAtMs: z.number().optional(),
  expiresAtMs: z.number().optional(),
  refreshToken: token.optional(),
  /** The words of the provider that has ended this sign-in. */
  endedBy: z.string().optional(),
})

/** What a sign-in has brought: it lies in the secrets, and nowhere else. */
export type TokenSet = Readonly<z.infer<typeof schema>>

/** The client that a sign-in belongs to. */
export type TokenClient = Pick<
  TokenSet,
  'identity' | 'tokenEndpoint' | 'clientId' | 'clientSecret' | 'clientAuth' | 'title'
>

/** Reads what {@link writeTokenSet} wrote; undefined when it is none. */
export function parseTokenSet(text: string | undefined): TokenSet | undefined {
  if (text === undefined) return undefined
  const parsed = schema.safeParse(JSON.parse(text)) // out of an authenticated file, so written by us
  return parsed.success ? parsed.data : undefined
}

/** Writes a token set as one secret: its parts are replaced together. */
export function writeTokenSet(set: TokenSet): string {
  return JSON.stringify(set)
}

/**
 * Makes a token set of a provider's answer.
 *
 * @throws {PosternError} PROFILE_OAUTH_UNAVAILABLE when the answer has no token that can be used
 */
export function tokenSetOf(
  client: TokenClient,
  response: TokenEndpointResponse,
  nowMs: number,
  former?: TokenSet,
): TokenSet {
  const { access_token: accessToken, refresh_token: refreshToken = former?.refreshToken, expires_in } = response
  if (response.token_type !== 'bearer') throw unavailable(client.title, 'its token is no bearer token')
  const isTimed = typeof expires_in === 'number' && expires_in > 0 && expires_in < Number.MAX_SAFE_INTEGER / 1000
  const lifeMs = isTimed ? expires_in * 1000 : undefined
  const made = schema.safeParse({
    ...client,
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(lifeMs === undefined
      ? {}
      : { renewAtMs: nowMs + lifeMs - Math.min(EARLY_MS, lifeMs * EARLY_SHARE), expiresAtMs: nowMs + lifeMs }),
  })
  if (!made.success) throw unavailable(client.title, 'its token has an impossible form')
  return made.data
}
