import { type BearerTarget, oauthBearerClient, xoauth2Client } from './bearer-client.ts'
import { cramMd5Client, externalClient, loginClient, plainClient } from './client.ts'
import type { ClientMechanism } from './client-mechanism.ts'
import { ScramSha256Client } from './scram-client.ts'

/** How a password is shown to the server; `plain` is PLAIN or LOGIN. */
export type PasswordMechanism = 'automatic' | 'plain' | 'cram-md5' | 'scram-sha-256'

/** Who has shown a certificate in the TLS handshake, and is to be taken for its owner. */
export interface ExternalCredentials {
  readonly user: string
  readonly external: true
  /** Whose account is meant; without it, the server goes by the certificate alone. */
  readonly authorize?: string | undefined
}

/** Who signs in, and with what. */
export type SaslCredentials =
  | { readonly user: string; readonly password: string; readonly mechanism?: PasswordMechanism }
  | { readonly user: string; readonly token: string }
  | ExternalCredentials

/** The server that is signed in to. */
export interface SaslServer extends BearerTarget {
  readonly offers: (mechanism: string) => boolean
  /** Whether others on the way cannot read what is said. */
  readonly isSecure: boolean
}

/** Starts the best mechanism that both sides know; undefined when there is none. */
export function chooseMechanism(credentials: SaslCredentials, server: SaslServer): ClientMechanism | undefined {
  const name = orderFor(credentials, server.isSecure).find(server.offers)
  if (name === undefined) return undefined
  const { user } = credentials
  if ('token' in credentials) {
    const { token } = credentials
    return name === 'OAUTHBEARER' ? oauthBearerClient(user, token, server) : xoauth2Client(user, token)
  }
  if ('external' in credentials) return externalClient(credentials.authorize)
  const { password } = credentials
  if (name === 'SCRAM-SHA-256') return new ScramSha256Client(user, password)
  if (name === 'CRAM-MD5') return cramMd5Client(user, password)
  return name === 'PLAIN' ? plainClient(user, password) : loginClient(user, password)
}

function orderFor(credentials: SaslCredentials, isSecure: boolean): readonly string[] {
  if ('token' in credentials) return ['OAUTHBEARER', 'XOAUTH2']
  if ('external' in credentials) return isSecure ? ['EXTERNAL'] : [] // without TLS nothing was shown
  switch (credentials.mechanism ?? 'automatic') {
    case 'plain':
      return ['PLAIN', 'LOGIN']
    case 'cram-md5':
      return ['CRAM-MD5']
    case 'scram-sha-256':
      return ['SCRAM-SHA-256']
    case 'automatic':
      // On a line that others can read, a digest rather than the password.
      return isSecure
        ? ['SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5']
        : ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN']
  }
}
