import type { SaslCredentials } from '../../sasl/choose-mechanism.ts'

const ENCODED = /[A-Za-z0-9+/]{6,}={0,2}/g
const SHOWN_OCTETS = 4 // of a secret: what the server cuts off may show its beginning alone

/** What a server says of a sign-in, without what it was sent: some show the line that they did not like. */
export function withoutSecret(says: string, credentials: SaslCredentials): string {
  const secret = secretOf(credentials)
  if (secret === '') return says
  const beginning = Buffer.from(secret).subarray(0, SHOWN_OCTETS)
  const isOfSecret = (encoded: string) => Buffer.from(encoded, 'base64').includes(beginning)
  return says.replaceAll(secret, '…').replace(ENCODED, encoded => (isOfSecret(encoded) ? '…' : encoded))
}

function secretOf(credentials: SaslCredentials): string {
  if ('token' in credentials) return credentials.token
  return 'password' in credentials ? credentials.password : ''
}
