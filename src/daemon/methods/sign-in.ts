import { z } from 'zod'
import { profileSettings } from '../../config/profile-settings.ts'
import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import { findServer, type OAuthConversation } from '../../profile/oauth/authorization-server.ts'
import { signInByBrowser } from '../../profile/oauth/browser-sign-in.ts'
import { type DeviceCode, signInByDevice } from '../../profile/oauth/device-sign-in.ts'
import { invalidOAuth } from '../../profile/oauth/failures.ts'
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

const { oauthProvider, oauthIssuer, oauthClientId, oauthScopes } = profileSettings.shape
const oauthSettings = z.object({ oauthProvider, oauthIssuer, oauthClientId, oauthScopes })

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
    assertValid(settings)
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

// Before anybody is sent to the provider: what cannot be kept would cost a sign-in.
function assertValid(settings: OAuthSettings): void {
  const [issue] = oauthSettings.safeParse(settings).error?.issues ?? []
  if (!issue) return
  const [option, given] = OPTIONS[issue.path[0] as keyof OAuthSettings] // a key of this schema
  throw invalidOAuth(`The ${given} is not valid: ${issue.message}.`, option)
}

const OPTIONS: Readonly<Record<keyof OAuthSettings, readonly [option: string, given: string]>> = {
  oauthProvider: ['--provider', 'provider'],
  oauthIssuer: ['another --issuer', 'issuer'],
  oauthClientId: ['another --client-id', 'client id'],
  oauthScopes: ['another --scope', 'scope'],
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
  // Removed while the person signed in: its tokens would lie here for ever.
  if (installation.profiles.get(profile.name).number !== profile.number) throw anotherProfile(profile)
  await installation.tokens.keep(profile, tokens)
  const changed = await installation.profiles.useOAuth(profile.name, settings)
  await installation.signIns.clear(profile.number, ['password'])
  await daemon?.accountChanged(changed)
}

function anotherProfile({ name }: Profile): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_UNKNOWN', `The profile ${name} was replaced meanwhile.`, {
    remedy: 'user',
    advice: `Sign in to the new one: postern profile sign-in ${name}`,
  })
}
