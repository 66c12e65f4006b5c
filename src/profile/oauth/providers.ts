import type { AuthorizationServer } from 'oauth4webapi'
import type { ProfileSettings } from '../../config/profile-settings.ts'

/** A provider whose addresses and habits are known here. Whoever uses it needs a client id of an administrator's own. */
export interface OAuthProvider {
  readonly title: string
  readonly server: AuthorizationServer
  readonly scopes: readonly string[]
  /** What is said beside the standard's parameters when a person is sent to sign in. */
  readonly parameters: Readonly<Record<string, string>>
  /** The name in the redirect to this machine that the provider lets any port have. */
  readonly redirectUri: (port: number) => string
  /** Why there is no sign-in by device code; undefined where there is. */
  readonly noDeviceCode?: string
}

const GOOGLE = 'https://oauth2.googleapis.com'
const MICROSOFT = 'https://login.microsoftonline.com/common'

/** By the setting `oauthProvider`. Microsoft's issuer names a tenant, which `common` is not: it is not discovered. */
export const OAUTH_PROVIDERS: Readonly<Record<NonNullable<ProfileSettings['oauthProvider']>, OAuthProvider>> = {
  google: {
    title: 'Google',
    server: {
      issuer: 'https://accounts.google.com',
      authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      token_endpoint: `${GOOGLE}/token`,
      device_authorization_endpoint: `${GOOGLE}/device/code`,
    },
    scopes: ['https://mail.google.com/'],
    parameters: { access_type: 'offline', prompt: 'consent' }, // else there is a refresh token the first time only
    redirectUri: port => `http://127.0.0.1:${port}/`,
    noDeviceCode: 'Google gives no access to mail by device code',
  },
  microsoft: {
    title: 'Microsoft',
    server: {
      issuer: `${MICROSOFT}/v2.0`,
      authorization_endpoint: `${MICROSOFT}/oauth2/v2.0/authorize`,
      token_endpoint: `${MICROSOFT}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${MICROSOFT}/oauth2/v2.0/devicecode`,
    },
    scopes: [
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      'https://outlook.office.com/SMTP.Send',
      'offline_access',
    ],
    parameters: {},
    redirectUri: port => `http://localhost:${port}`, // of http redirects only this name may have any port
  },
}

/** What is asked of a provider that is known by its issuer only. */
export const STANDARD: Pick<OAuthProvider, 'scopes' | 'parameters' | 'redirectUri'> = {
  scopes: ['openid', 'email', 'offline_access'],
  parameters: { prompt: 'consent' }, // OpenID Connect Core section 11: without it offline_access is left out
  redirectUri: port => `http://127.0.0.1:${port}/`,
}
