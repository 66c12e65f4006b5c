import type { ProfileSettings } from '../../config/profile-settings.ts'
import { invalidOAuth } from './failures.ts'
import { OAUTH_PROVIDERS, type OAuthProvider, STANDARD } from './providers.ts'

/** The settings that say where to sign in. */
export type OAuthSettings = Pick<ProfileSettings, 'oauthProvider' | 'oauthIssuer' | 'oauthClientId' | 'oauthScopes'>

/** Where a person signs in, and as which client. */
export interface OAuthTarget extends Pick<OAuthProvider, 'parameters' | 'redirectUri'> {
  /** Why there is no sign-in by device code; undefined where there is. */
  readonly noDeviceCode: string | undefined
  /** What distinguishes it from others: tokens of one are never sent to another. */
  readonly identity: string
  /** Undefined where the preset's addresses are used. */
  readonly issuer: string | undefined
  readonly preset: OAuthProvider | undefined
  readonly clientId: string
  readonly scopes: readonly string[]
  /** For messages. */
  readonly title: string
}

/**
 * Reads where to sign in. An issuer counts before the addresses of the provider, whose habits it keeps: a tenant.
 *
 * @throws {PosternError} PROFILE_OAUTH_INVALID
 */
export function oauthTargetOf(name: string, settings: OAuthSettings): OAuthTarget {
  const { oauthProvider, oauthIssuer: issuer, oauthClientId: clientId, oauthScopes } = settings
  const preset = oauthProvider && OAUTH_PROVIDERS[oauthProvider]
  if (!issuer && !preset) {
    throw invalidOAuth(`${name} names no OAuth2 provider.`, `--provider google, --provider microsoft or --issuer URL`)
  }
  if (!clientId) {
    throw invalidOAuth(`${name} has no client id for OAuth2.`, '--client-id ID, which your administrator registers')
  }
  const { scopes, parameters, redirectUri } = preset ?? STANDARD
  return {
    parameters,
    redirectUri,
    noDeviceCode: preset?.noDeviceCode,
    identity: JSON.stringify([issuer ?? preset?.server.issuer, clientId]),
    issuer,
    preset,
    clientId,
    scopes: oauthScopes ?? scopes,
    title: preset?.title ?? issuer ?? '',
  }
}
