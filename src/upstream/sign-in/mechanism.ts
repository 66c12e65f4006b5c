import { PosternError } from '../../errors.ts'
import { isLoopback } from '../../net/loopback.ts'
import { chooseMechanism, type SaslCredentials, type SaslServer } from '../../sasl/choose-mechanism.ts'
import { type ClientMechanism, SaslError } from '../../sasl/client-mechanism.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import { withoutSecret } from './without-secret.ts'

/** The server that is signed in to; `where` is host:port, for messages. */
export interface SignInServer extends SaslServer {
  readonly where: string
}

/**
 * Starts the mechanism to sign in with.
 *
 * @throws {PosternError} UPSTREAM_NO_MECHANISM, UPSTREAM_TOKEN_NEEDS_TLS, UPSTREAM_PROTOCOL
 */
export function startMechanism(credentials: SaslCredentials, server: SignInServer): ClientMechanism {
  if ('token' in credentials && !server.isSecure && !isLoopback(server.host)) throw tokenNeedsTls(server)
  try {
    const mechanism = chooseMechanism(credentials, server)
    if (mechanism) return mechanism
  } catch (error) {
    throw asFailure(error, server.where)
  }
  throw noMechanism(credentials, server)
}

/** Makes a failure of a mechanism one that can be told; others stay as they are. */
export function asFailure(error: unknown, where: string): unknown {
  if (!(error instanceof SaslError)) return error
  if (error.kind === 'malformed') {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_PROTOCOL',
      `Signing in to ${where} failed: ${error.message}.`,
      {
        remedy: 'user',
        advice:
          'Choose another way to sign in, such as `postern profile set NAME auth plain`, or ask who runs the server.',
        cause: error,
      },
    )
  }
  return new PosternError<UpstreamErrorCode>('UPSTREAM_UNPROVEN', `${where} is not trusted: ${error.message}.`, {
    remedy: 'user',
    advice: 'Somebody may stand between you and the server. Use another network, and TLS (imaps, smtps).',
    cause: error,
  })
}

/** Says what the server refused, and what its user can do about it. */
export function signInRefused(
  { where }: Pick<SignInServer, 'where'>,
  credentials: SaslCredentials,
  mechanism: Pick<ClientMechanism, 'name' | 'refusal'>,
  { says, cause }: { readonly says: string; readonly cause: unknown },
): PosternError {
  const shown = withoutSecret(says, credentials)
  const told = mechanism.refusal ? `${shown} (${mechanism.refusal})` : shown
  const [what, advice] =
    'token' in credentials
      ? ['access token', TOKEN_ADVICE]
      : 'external' in credentials
        ? ['client certificate', EXTERNAL_ADVICE]
        : ['user name or password', passwordAdvice(mechanism.name)]
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_SIGN_IN_REFUSED',
    `${where} refused the ${what} of ${credentials.user}: ${told}`,
    { remedy: 'user', advice, cause: shown === says ? cause : undefined },
  )
}

/**
 * Makes a failure of a refusal that speaks of a client certificate, as Dovecot does without a code; undefined for any
 * other. The password was sent all the same, and the refusal counts.
 */
export function certificateWanted(where: string, says: string, cause: unknown): PosternError | undefined {
  if (!/\bcertificate\b/i.test(says)) return undefined
  return new PosternError<UpstreamErrorCode>('UPSTREAM_CERTIFICATE_WANTED', `${where} does not let us in: ${says}.`, {
    remedy: 'user',
    advice: 'Ask who runs the server for a certificate, and give it: postern cert client import NAME FILE',
    cause,
  })
}

const EXTERNAL_ADVICE =
  'Ask who runs the server whose certificate it takes for this account; `postern cert client show NAME` has yours. ' +
  'Or use a password: postern profile set NAME auth automatic.'

const TOKEN_ADVICE =
  'Check with `postern profile show NAME` that the user name is that of the account that you signed in with, ' +
  'then sign in again: postern profile sign-in NAME.'

function passwordAdvice(mechanism: string): string {
  const isScram = mechanism === 'SCRAM-SHA-256'
  return `Check both with \`postern profile show NAME\`, and set the password anew: postern profile password NAME.${
    isScram ? ' If it is right, the server may not be ready for SCRAM: postern profile set NAME auth plain.' : ''
  }`
}

function tokenNeedsTls({ where }: SignInServer): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_TOKEN_NEEDS_TLS',
    `The connection to ${where} is not encrypted: whoever listens could use the access token.`,
    {
      remedy: 'user',
      advice: 'Use imaps or imap+starttls, smtps or smtp+starttls, sieve or sieves in the profile’s URLs.',
    },
  )
}

function noMechanism(credentials: SaslCredentials, { where }: SignInServer): PosternError {
  const [what, advice] =
    'token' in credentials
      ? ['no sign-in with OAuth2', 'Use a password: postern profile set NAME auth automatic.']
      : 'external' in credentials
        ? [
            'no sign-in by a client certificate (EXTERNAL)',
            'It takes TLS: imaps or …+starttls, smtps. Or use a password: postern profile set NAME auth automatic.',
          ]
        : (credentials.mechanism ?? 'automatic') === 'automatic'
          ? [
              'no way to sign in that Postern knows',
              'Choose another connection type (imaps, smtps, sieve or …+starttls): some servers offer more inside TLS. ' +
                'A server that wants OAuth2: postern profile sign-in NAME. An SMTP server that wants none: smtpAuth none.',
            ]
          : [`no ${credentials.mechanism}`, 'Let Postern choose: postern profile set NAME auth automatic.']
  return new PosternError<UpstreamErrorCode>('UPSTREAM_NO_MECHANISM', `${where} offers ${what}.`, {
    remedy: 'user',
    advice,
  })
}
