import { PosternError } from '../../../errors.ts'
import { astring } from '../../../formats/imap/encoder.ts'
import type { ImapResponse } from '../../../formats/imap/response.ts'
import { cramMd5Response, plainResponse } from '../../../sasl/client.ts'
import { identityRefusalAtSignIn } from '../../../tls/client-identity.ts'
import type { UpstreamErrorCode } from '../../errors.ts'
import type { ImapConnection } from './connection.ts'
import { brief } from './refusals.ts'

/** Who signs in. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

// Codes that mean "not now", not "wrong password" (RFC 5530, RFC 9051 section 7.1).
const TEMPORARY = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN'])

const REFUSED = new Set(['UPSTREAM_REFUSED', 'UPSTREAM_UNAVAILABLE'])

/**
 * Signs in with the best mechanism that the server offers: a digest where the line is readable by others, else PLAIN.
 *
 * @throws {PosternError} UPSTREAM_SIGN_IN_REFUSED, UPSTREAM_SIGN_IN_UNAVAILABLE, UPSTREAM_NO_MECHANISM
 */
export async function signIn(connection: ImapConnection, credentials: Credentials, isSecure: boolean): Promise<void> {
  const offers = (mechanism: string) => connection.capabilities.has(`AUTH=${mechanism}`)
  try {
    if (!isSecure && offers('CRAM-MD5')) await cramMd5(connection, credentials)
    else if (offers('PLAIN')) await plain(connection, credentials)
    else if (!connection.capabilities.has('LOGINDISABLED')) await login(connection, credentials)
    else if (offers('CRAM-MD5')) await cramMd5(connection, credentials)
    else throw noMechanism(connection)
  } catch (error) {
    throw refusal(error, connection, credentials.user)
  }
}

async function plain(connection: ImapConnection, { user, password }: Credentials): Promise<void> {
  const response = plainResponse(user, password).toString('base64')
  const hasInitialResponse = connection.capabilities.has('SASL-IR') // RFC 4959
  if (hasInitialResponse) await connection.command([`AUTHENTICATE PLAIN ${response}`])
  else await connection.command(['AUTHENTICATE PLAIN'], { continuation: () => response })
}

async function cramMd5(connection: ImapConnection, { user, password }: Credentials): Promise<void> {
  await connection.command(['AUTHENTICATE CRAM-MD5'], {
    continuation: text => cramMd5Response(Buffer.from(text, 'base64'), user, password).toString('base64'),
  })
}

async function login(connection: ImapConnection, { user, password }: Credentials): Promise<void> {
  await connection.command(['LOGIN ', astring(user), ' ', astring(password)])
}

function refusal(error: unknown, connection: ImapConnection, user: string): unknown {
  if (!(error instanceof PosternError) || !REFUSED.has(error.code)) return error
  // `cause` of these is the response, by the contract of ImapConnection.command.
  const response = error.cause as ImapResponse & { readonly kind: 'tagged' }
  const says = response.text === '' ? response.status : brief(response.text)
  const ofCertificate = identityRefusalAtSignIn(connection.where, says, error)
  if (ofCertificate) return ofCertificate
  if (response.code && TEMPORARY.has(response.code.name)) {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SIGN_IN_UNAVAILABLE',
      `${connection.where} does not take sign-ins now: ${says}`,
      { remedy: 'retry', advice: 'Postern tries again by itself.', cause: error },
    )
  }
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_SIGN_IN_REFUSED',
    `${connection.where} refused the user name or password of ${user}: ${says}`,
    { remedy: 'user', advice: 'Check both with `postern profile show`, and set the password anew.', cause: error },
  )
}

function noMechanism(connection: ImapConnection): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_NO_MECHANISM',
    `${connection.where} offers no way to sign in that Postern knows.`,
    {
      remedy: 'user',
      advice: 'Choose another connection type (imaps or imap+starttls): some servers offer more inside TLS.',
    },
  )
}
