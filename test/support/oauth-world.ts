import type { Test } from 'tap'
import { homeAt } from '../../src/config/home.ts'
import { providerFetch } from '../../src/daemon/oauth/provider-fetch.ts'
import { AccessTokens } from '../../src/profile/oauth/access-tokens.ts'
import { findServer, type OAuthConversation, type OAuthFetch } from '../../src/profile/oauth/authorization-server.ts'
import { type SignInRequest, signInByBrowser } from '../../src/profile/oauth/browser-sign-in.ts'
import { oauthTargetOf } from '../../src/profile/oauth/target.ts'
import type { TokenSet } from '../../src/profile/oauth/token-set.ts'
import type { Profile } from '../../src/profile/profiles.ts'
import { Secrets } from '../../src/profile/secrets.ts'
import { OIDC_CLIENT, OidcProvider } from './oidc-provider.ts'
import { makeProfile } from './scheduler-world.ts'
import { silentLogger } from './silent-logger.ts'

/** Who signs in. */
export const ACCOUNT = 'ada@example.test'

const NO_TLS = { secure: () => Promise.reject(new Error('TLS was begun')) }

/** A provider, and a profile's tokens with a clock that a test moves. */
export class OAuthWorld {
  readonly provider: OidcProvider
  readonly dir: string
  readonly tokens: AccessTokens
  readonly owner: Profile
  readonly fetch: OAuthFetch = (url, options) => providerFetch({ verifier: NO_TLS }, this.timeoutMs)(url, options)
  secrets: Secrets
  nowMs = Date.now()
  /** How long the provider is waited for. */
  timeoutMs = 20_000

  private constructor(provider: OidcProvider, dir: string, secrets: Secrets) {
    this.provider = provider
    this.dir = dir
    this.secrets = secrets
    this.owner = makeProfile({ auth: 'oauth2', oauthIssuer: provider.issuer, oauthClientId: OIDC_CLIENT })
    this.tokens = new AccessTokens({
      secrets: async () => this.secrets,
      fetch: this.fetch,
      clock: () => this.nowMs,
      log: silentLogger(),
    })
  }

  /** Makes one that ends with the test. */
  static async make(t: Test): Promise<OAuthWorld> {
    const provider = await OidcProvider.start(ACCOUNT)
    t.teardown(() => provider[Symbol.asyncDispose]())
    const dir = t.testdir()
    return new OAuthWorld(provider, dir, await Secrets.open(homeAt(dir), 'file'))
  }

  /** Reads what is on the disk, as another process would. */
  async fromDisk(): Promise<TokenSet | undefined> {
    const text = (await Secrets.open(homeAt(this.dir), 'file')).find(this.owner.number, 'oauth')
    return text === undefined ? undefined : (JSON.parse(text) as TokenSet) // written by us
  }

  /** Signs in with a browser. */
  async signIn(): Promise<TokenSet> {
    const { request, talk } = await conversation(this.owner)
    const onUrl = (url: string) => void this.provider.browse(url)
    const set = await signInByBrowser({ ...request, clock: () => this.nowMs }, { redirectPort: 0, onUrl }, talk)
    await this.tokens.keep(this.owner, set)
    return set
  }

  /** Lets the time pass until a token is to be renewed early, or has ended. */
  pass(set: TokenSet | undefined, until: 'renewal' | 'end'): void {
    this.nowMs = (until === 'end' ? set?.expiresAtMs : set?.renewAtMs) ?? this.nowMs
  }
}

/** What a sign-in at the provider of a profile begins with. */
export async function conversation(
  owner: Profile,
  given: { readonly clientSecret?: string; readonly signal?: AbortSignal } = {},
): Promise<{ readonly request: SignInRequest; readonly talk: OAuthConversation }> {
  const talk = { fetch: providerFetch({ verifier: NO_TLS }), signal: given.signal ?? new AbortController().signal }
  const target = oauthTargetOf(owner.name, owner)
  const server = await findServer(target, talk)
  const request = { target, server, clientSecret: given.clientSecret, loginHint: owner.email, clock: Date.now }
  return { request, talk }
}
