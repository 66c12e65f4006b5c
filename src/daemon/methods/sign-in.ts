import { z } from 'zod'
import { findServer, type OAuthConversation } from '../../profile/oauth/authorization-server.ts'
import { signInByBrowser } from '../../profile/oauth/browser-sign-in.ts'
import { type DeviceCode, signInByDevice } from '../../profile/oauth/device-sign-in.ts'
import { type OAuthSettings, oauthTargetOf } from '../../profile/oauth/target.ts'
import type { TokenSet } from '../../profile/oauth/token-set.ts'
import type { Profile } from '../../profile/profiles.ts'
import { type MethodContext, valueMethod } from '../method.ts'

const MAX_PORT = 65_535

const signIn = z.strictObject({
  name: z.string(),
  provider: z.enum(['google', 'microsoft']).optional(),
  issuer: z.string().optional(),
  clientId: z.string().optional(),
  clientSecret: z.string().min(1).optional(),
  scopes: z.array(z.string()).optional(),
  device: z.boolean().default(false),
  redirectPort: z.int().min(0).max(MAX_PORT).default(0),
})

/** Where a person is to go; the caller shows it. */
export type SignInEvent =
  | { readonly kind: 'browser'; readonly url: string }
  | ({ readonly kind: 'device' } & DeviceCode)

/** How a sign-in went; never a token. */
export interface SignInDocument {
  readonly name: string
  readonly provider: string
  /** ISO 8601; null where the provider does not say. */
  readonly accessExpires: string | null
  /** Whether the access is renewed without a person. */
  readonly renewable: boolean
}

/** `profile sign-in`. */
export const SIGN_IN_METHODS = {
  'profile.signIn': valueMethod(signIn, async (params, context): Promise<SignInDocument> => {
    const profile = context.installation.profiles.get(params.name)
    const settings = chosenSettings(profile, params)
    const tokens = await askProvider(profile, settings, params, context)
    await keep(profile, settings, tokens, context)
    const { title, expiresAtMs, refreshToken } = tokens
    return {
      name: profile.name,
      provider: title,
      accessExpires: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
      renewable: refreshToken !== undefined,
    }
  }),
}

type SignInParams = z.infer<typeof signIn>

/** What was given now, in place of what the profile says; another provider does not keep the issuer of the last one. */
function chosenSettings(profile: Profile, { provider, issuer, clientId, scopes }: SignInParams): OAuthSettings {
  const isOther = provider !== undefined || issuer !== undefined
  return {
    oauthProvider: isOther ? provider : profile.oauthProvider,
    oauthIssuer: isOther ? issuer : profile.oauthIssuer,
    oauthClientId: clientId ?? profile.oauthClientId,
    oauthScopes: scopes ?? (isOther ? undefined : profile.oauthScopes),
  }
}

async function askProvider(
  profile: Profile,
  settings: OAuthSettings,
  params: SignInParams,
  { installation, emit, signal }: MethodContext,
): Promise<TokenSet> {
  const target = oauthTargetOf(profile.name, settings)
  const talk: OAuthConversation = { fetch: installation.providerFetch, signal }
  const former = await installation.tokens.find({ ...profile, ...settings })
  const clientSecret = params.clientSecret ?? former?.clientSecret
  const server = await findServer(target, talk)
  const request = { target, server, clientSecret, loginHint: profile.user ?? profile.email, clock: Date.now }
  if (params.device) {
    const onCode = (code: DeviceCode) => emit({ kind: 'device', ...code } satisfies SignInEvent)
    return signInByDevice(request, { onCode }, talk)
  }
  const onUrl = (url: string) => emit({ kind: 'browser', url } satisfies SignInEvent)
  return signInByBrowser(request, { redirectPort: params.redirectPort, onUrl }, talk)
}

// The tokens first: settings without them would ask for another sign-in.
async function keep(profile: Profile, settings: OAuthSettings, tokens: TokenSet, context: MethodContext) {
  const { installation, daemon } = context
  await installation.tokens.keep(profile, tokens)
  const changed = await installation.profiles.useOAuth(profile.name, settings)
  await installation.signIns.clear(profile.number, ['password'])
  await daemon?.accountChanged(changed)
}
