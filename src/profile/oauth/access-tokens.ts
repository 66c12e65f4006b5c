import * as oauth from 'oauth4webapi'
import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Profile } from '../profiles.ts'
import type { Secrets } from '../secrets.ts'
import { clientAuthOf, type OAuthFetch, requestOptions } from './authorization-server.ts'
import { asOAuthFailure, endOfSignIn, signInNeeded } from './failures.ts'
import { oauthTargetOf } from './target.ts'
import { parseTokenSet, type TokenSet, tokenSetOf, writeTokenSet } from './token-set.ts'

const EARLY_RETRY_MS = 60_000 // each try may have to be waited for, and the token is good yet

/** What {@link AccessTokens} work with. */
export interface AccessTokensOptions {
  readonly secrets: () => Promise<Secrets>
  readonly fetch: OAuthFetch
  /** Wall clock, in ms. */
  readonly clock: () => number
  readonly log: Logger
}

/** The profile that a token is for. */
export type TokenOwner = Pick<
  Profile,
  'name' | 'number' | 'oauthProvider' | 'oauthIssuer' | 'oauthClientId' | 'oauthScopes'
>

/**
 * The access tokens of all profiles: kept among the secrets, renewed before they end. Whatever goes wrong, what there is
 * stays; only the provider's own word ends a sign-in.
 */
export class AccessTokens {
  readonly #options: AccessTokensOptions
  readonly #renewals = new Map<string, Promise<TokenSet>>()
  /** What could not be written yet: the provider may take the former refresh token no more. */
  readonly #unsaved = new Map<number, TokenSet>()
  /** The last token that a mail server has not taken: shown again, it would only count there. */
  readonly #refused = new Map<number, string>()

  /** Until when no early renewal is tried, by the wall clock, in ms. */
  readonly #notEarlierMs = new Map<number, number>()

  constructor(options: AccessTokensOptions) {
    this.#options = options
  }

  /**
   * Gives a token to sign in with; another one than `refused`, which a server did not take.
   *
   * @throws {PosternError} PROFILE_SIGN_IN_NEEDED, PROFILE_OAUTH_REFUSED, PROFILE_OAUTH_UNAVAILABLE,
   * PROFILE_SECRETS_UNWRITABLE, NET_…, TLS_…
   */
  async get(owner: TokenOwner, refused?: string): Promise<string> {
    if (refused !== undefined) this.#refused.set(owner.number, refused)
    await this.#saveUnsaved(owner)
    const known = await this.#known(owner)
    const now = this.#options.clock()
    const { accessToken, renewAtMs = Number.POSITIVE_INFINITY, expiresAtMs = Number.POSITIVE_INFINITY } = known
    const notEarlierMs = Math.max(renewAtMs, this.#notEarlierMs.get(owner.number) ?? 0)
    const isUsable = accessToken !== this.#refused.get(owner.number) && now < expiresAtMs
    if (isUsable && now < notEarlierMs) return accessToken
    try {
      return (await this.#renewed(owner, known)).accessToken
    } catch (error) {
      // What could not be written has taken the place of this one.
      if (!isUsable || isEnd(error) || this.#unsaved.has(owner.number)) throw error
      this.#notEarlierMs.set(owner.number, now + EARLY_RETRY_MS)
      this.#options.log.warn({ err: error, profile: owner.number }, 'an access token could not be renewed early')
      return accessToken
    }
  }

  /**
   * Keeps what a sign-in has brought, in place of what was there; resolves when it is durable.
   *
   * @throws {PosternError} PROFILE_SECRETS_UNWRITABLE; what was there is still in force
   */
  async keep({ number }: Pick<Profile, 'number'>, tokens: TokenSet): Promise<void> {
    const former = this.#unsaved.get(number)
    this.#unsaved.set(number, tokens)
    try {
      await this.#save(number, tokens)
    } catch (error) {
      if (this.#unsaved.get(number) === tokens) this.#unsaved.delete(number)
      if (former && !this.#unsaved.has(number)) this.#unsaved.set(number, former)
      throw error
    }
  }

  /** Finds what a sign-in has brought; undefined when there is none for these settings. */
  async find(owner: TokenOwner): Promise<TokenSet | undefined> {
    const secrets = await this.#options.secrets()
    const kept = this.#unsaved.get(owner.number) ?? parseTokenSet(secrets.find(owner.number, 'oauth'))
    return kept?.identity === oauthTargetOf(owner.name, owner).identity ? kept : undefined
  }

  /** Tries what was refused, and asks the provider once more that has ended the sign-in: a person says so. */
  async retry(owner: TokenOwner): Promise<void> {
    this.#refused.delete(owner.number)
    this.#notEarlierMs.delete(owner.number)
    const known = await this.find(owner)
    if (known?.endedBy === undefined) return
    const { endedBy: _endedBy, ...tokens } = known
    await this.keep(owner, { ...tokens, renewAtMs: 0 })
  }

  async #known(owner: TokenOwner): Promise<TokenSet> {
    const known = await this.find(owner)
    if (!known) throw signInNeeded(owner, 'nobody has signed in with these settings')
    if (known.endedBy !== undefined) throw signInNeeded(owner, `${known.title} has ended it, ${known.endedBy}`)
    return known
  }

  /** One at a time: many providers take a refresh token once, and a second use for a theft. */
  #renewed(owner: TokenOwner, known: TokenSet): Promise<TokenSet> {
    const key = JSON.stringify([owner.number, known.identity])
    const renewal = this.#renewals.get(key) ?? this.#renew(owner, known).finally(() => this.#renewals.delete(key))
    this.#renewals.set(key, renewal)
    return renewal
  }

  async #renew(owner: TokenOwner, former: TokenSet): Promise<TokenSet> {
    if (former.refreshToken === undefined) {
      throw signInNeeded(owner, `${former.title} gave nothing to renew its access with`)
    }
    const renewed = await this.#ask(owner, former, former.refreshToken)
    const current = await this.find(owner)
    if (!current) throw signInNeeded(owner, 'it was removed, or given other settings, while its access was renewed')
    // A person has signed in meanwhile: that counts.
    if (current.refreshToken !== former.refreshToken) return current
    this.#unsaved.set(owner.number, renewed)
    await this.#save(owner.number, renewed)
    return renewed
  }

  async #ask(owner: TokenOwner, former: TokenSet, refreshToken: string): Promise<TokenSet> {
    const { title, clientId, tokenEndpoint } = former
    const server = { issuer: new URL(tokenEndpoint).origin, token_endpoint: tokenEndpoint }
    const client = { client_id: clientId }
    const talk = { fetch: this.#options.fetch, signal: new AbortController().signal } // fetch is bounded in time
    const auth = clientAuthOf(former)
    try {
      const response = await oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, requestOptions(talk))
      const tokens = await oauth.processRefreshTokenResponse(server, client, await withoutIdToken(response))
      return tokenSetOf(former, tokens, this.#options.clock(), former)
    } catch (error) {
      const endedBy = endOfSignIn(error)
      if (endedBy === undefined) throw asOAuthFailure(error, title)
      await this.#markEnded(owner, former, endedBy)
      throw signInNeeded(owner, `${title} has ended it, ${endedBy}`, error)
    }
  }

  async #markEnded(owner: TokenOwner, former: TokenSet, endedBy: string): Promise<void> {
    const current = await this.find(owner)
    if (current?.refreshToken !== former.refreshToken) return
    const ended = { ...former, endedBy }
    this.#unsaved.set(owner.number, ended)
    await this.#save(owner.number, ended)
  }

  async #saveUnsaved({ number }: TokenOwner): Promise<void> {
    const unsaved = this.#unsaved.get(number)
    if (unsaved) await this.#save(number, unsaved)
  }

  // The former token is on the disk until the new one is: the file is replaced as a whole.
  async #save(number: number, tokens: TokenSet): Promise<void> {
    const secrets = await this.#options.secrets()
    await secrets.set(number, { oauth: writeTokenSet(tokens) })
    if (this.#unsaved.get(number) === tokens) this.#unsaved.delete(number)
  }
}

function isEnd(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'PROFILE_SIGN_IN_NEEDED'
}

// Nobody uses it here, and one that is not valid must not cost the new refresh token that comes with it.
async function withoutIdToken(response: Response): Promise<Response> {
  if (response.status !== 200) return response
  const text = await response.text()
  const { status, headers } = response
  try {
    return new Response(JSON.stringify({ ...JSON.parse(text), id_token: undefined }), { status, headers })
  } catch {
    return new Response(text, { status, headers }) // told by who reads it
  }
}
