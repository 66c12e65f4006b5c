import { PosternError } from '../../errors.ts'
import type { SaslCredentials } from '../../sasl/choose-mechanism.ts'
import { type ClientMechanism, SaslError } from '../../sasl/client-mechanism.ts'
import type { Peer } from '../../tls/peer.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import { asFailure, certificateWanted, signInRefused, startMechanism } from '../sign-in/mechanism.ts'
import { withoutSecret } from '../sign-in/without-secret.ts'
import type { CommandWord } from './command-line.ts'
import type { SieveConnection } from './connection.ts'
import { failures, wordsOf } from './failures.ts'
import { type Completion, type SieveLine, stringOf } from './response-line.ts'

// The mechanism is refused, not the password (RFC 5804 section 1.3).
const OTHER_MECHANISM: ReadonlySet<string> = new Set(['AUTH-TOO-WEAK', 'ENCRYPT-NEEDED', 'TRANSITION-NEEDED'])

/** Where is signed in to, and whether others can read it. */
export interface SignInTarget {
  readonly peer: Peer
  readonly isSecure: boolean
}

/**
 * Signs in with the best mechanism that the server offers (RFC 5804 section 2.1).
 *
 * @throws {PosternError} UPSTREAM_SIGN_IN_REFUSED, UPSTREAM_CERTIFICATE_WANTED, UPSTREAM_SIGN_IN_UNAVAILABLE, UPSTREAM_NO_MECHANISM,
 * UPSTREAM_UNPROVEN, UPSTREAM_TOKEN_NEEDS_TLS, UPSTREAM_PROTOCOL
 */
export async function signIn(
  connection: SieveConnection,
  credentials: SaslCredentials,
  { peer, isSecure }: SignInTarget,
): Promise<void> {
  const { where, capabilities } = connection
  const offers = (name: string) => capabilities.sasl.has(name)
  const mechanism = startMechanism(credentials, { where, offers, isSecure, host: peer.host, port: peer.port })
  try {
    const completion = await authenticate(connection, mechanism)
    if (completion.status !== 'OK') throw refusal(where, credentials, mechanism, completion)
    mechanism.assertDone()
  } catch (error) {
    throw asFailure(error, where)
  }
}

async function authenticate(connection: SieveConnection, mechanism: ClientMechanism): Promise<Completion> {
  const { name, initialResponse } = mechanism
  const first: readonly CommandWord[] = initialResponse ? [base64(initialResponse)] : []
  const respond = async ({ values }: SieveLine) => [base64(await mechanism.respond(fromBase64(stringOf(values[0]))))]
  const { completion } = await connection.command(['AUTHENTICATE', Buffer.from(name), ...first], { respond })
  const { code } = completion
  // What the server says last comes with its OK.
  if (completion.status === 'OK' && code?.name === 'SASL') await mechanism.respond(fromBase64(stringOf(code.values[0])))
  return completion
}

function base64(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('base64'))
}

function fromBase64(text: string | undefined): Buffer {
  if (text === undefined) throw new SaslError('malformed', 'a challenge is no string')
  return Buffer.from(text, 'base64')
}

function refusal(
  where: string,
  credentials: SaslCredentials,
  mechanism: ClientMechanism,
  { code, ...said }: Completion,
): PosternError {
  const completion = { ...said, code, text: withoutSecret(said.text, credentials) }
  const says = wordsOf(completion)
  const name = code?.name ?? ''
  if (name === 'REFERRAL') return failures.refused(where, completion)
  if (name === 'TRYLATER') {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SIGN_IN_UNAVAILABLE',
      `${where} does not take sign-ins now: ${says}`,
      { remedy: 'retry', advice: 'Try again later.', cause: completion },
    )
  }
  if (OTHER_MECHANISM.has(name)) {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_NO_MECHANISM',
      `${where} takes no ${mechanism.name}: ${says}`,
      {
        remedy: 'user',
        advice:
          'Choose another way to sign in, such as `postern profile set NAME auth plain`, and sieve:// or sieves://.',
        cause: completion,
      },
    )
  }
  return (
    certificateWanted(where, says, completion) ??
    signInRefused({ where }, credentials, mechanism, { says, cause: completion })
  )
}
