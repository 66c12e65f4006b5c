import { PosternError } from '../../../errors.ts'
import { astring } from '../../../formats/imap/encoder.ts'
import type { ImapResponse } from '../../../formats/imap/response.ts'
import type { SaslCredentials } from '../../../sasl/choose-mechanism.ts'
import type { ClientMechanism } from '../../../sasl/client-mechanism.ts'
import type { Peer } from '../../../tls/peer.ts'
import type { UpstreamErrorCode } from '../../errors.ts'
import {
  asFailure,
  certificateWanted,
  type SignInServer,
  signInRefused,
  startMechanism,
} from '../../sign-in/mechanism.ts'
import type { ImapConnection } from './connection.ts'
import { brief } from './refusals.ts'

// Codes that mean "not now", not "wrong password" (RFC 5530, RFC 9051 section 7.1).
const TEMPORARY = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN'])

const REFUSED = new Set(['UPSTREAM_REFUSED', 'UPSTREAM_UNAVAILABLE'])

/** Where is signed in to, and whether others can read it. */
export interface SignInTarget {
  readonly peer: Peer
  readonly isSecure: boolean
}

/**
 * Signs in with the best mechanism that the server offers.
 *
 * @throws {PosternError} UPSTREAM_SIGN_IN_REFUSED, UPSTREAM_CERTIFICATE_WANTED, UPSTREAM_SIGN_IN_UNAVAILABLE, UPSTREAM_NO_MECHANISM,
 * UPSTREAM_UNPROVEN, UPSTREAM_TOKEN_NEEDS_TLS, UPSTREAM_PROTOCOL
 */
export async function signIn(
  connection: ImapConnection,
  credentials: SaslCredentials,
  { peer, isSecure }: SignInTarget,
): Promise<void> {
  const { where, capabilities } = connection
  // The command LOGIN takes the place of the mechanism.
  const offers = (name: string) =>
    name === 'LOGIN' ? !capabilities.has('LOGINDISABLED') : capabilities.has(`AUTH=${name}`)
  const server: SignInServer = { where, offers, isSecure, host: peer.host, port: peer.port }
  const mechanism = startMechanism(credentials, server)
  try {
    if (mechanism.name === 'LOGIN' && 'password' in credentials) await login(connection, credentials)
    else await authenticate(connection, mechanism)
    mechanism.assertDone()
  } catch (error) {
    throw refusal(asFailure(error, where), connection, credentials, mechanism)
  }
}

async function authenticate(connection: ImapConnection, mechanism: ClientMechanism): Promise<void> {
  const { name, initialResponse } = mechanism
  const inOneLine = initialResponse !== undefined && connection.capabilities.has('SASL-IR') // RFC 4959
  let unsent = inOneLine ? undefined : initialResponse
  const continuation = async (text: string) => {
    const response = unsent ?? (await mechanism.respond(Buffer.from(text, 'base64')))
    unsent = undefined
    return response.toString('base64') // of no octets an empty line
  }
  const line = `AUTHENTICATE ${name}${inOneLine ? ` ${initialResponse.toString('base64') || '='}` : ''}`
  await connection.command([line], { continuation })
}

async function login(
  connection: ImapConnection,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<void> {
  await connection.command(['LOGIN ', astring(user), ' ', astring(password)])
}

function refusal(
  error: unknown,
  connection: ImapConnection,
  credentials: SaslCredentials,
  mechanism: ClientMechanism,
): unknown {
  if (!(error instanceof PosternError) || !REFUSED.has(error.code)) return error
  // `cause` of these is the response, by the contract of ImapConnection.command.
  const response = error.cause as ImapResponse & { readonly kind: 'tagged' }
  const says = response.text === '' ? response.status : brief(response.text)
  // With this code the words are about the password, whatever they are: it must count (RFC 5530 section 3).
  const isPassword = response.code?.name === 'AUTHENTICATIONFAILED'
  const ofCertificate = isPassword ? undefined : certificateWanted(connection.where, says, error)
  if (ofCertificate) return ofCertificate
  if (response.code && TEMPORARY.has(response.code.name)) {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SIGN_IN_UNAVAILABLE',
      `${connection.where} does not take sign-ins now: ${says}`,
      { remedy: 'retry', advice: 'Postern tries again by itself.', cause: error },
    )
  }
  return signInRefused(connection, credentials, mechanism, { says, cause: error })
}
