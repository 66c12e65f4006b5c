import { PosternError } from '../../errors.ts'
import type { SaslCredentials } from '../../sasl/choose-mechanism.ts'
import type { Credentials, TokenCredentials } from './credentials.ts'

/** Asks who signs in; undefined when nobody needs to. */
type AskCredentials<Asked> = () => Promise<Asked>

/**
 * Opens a session. When the server refuses its access token, another one is asked for and the session opened once more:
 * a token may have ended early, and that is no wrong password.
 *
 * @throws what `open` and the asking throw
 */
export async function withFreshToken<Session, Asked extends Credentials | undefined>(
  credentials: AskCredentials<Asked>,
  open: (credentials: AskCredentials<SaslCredentials | (Asked & undefined)>) => Promise<Session>,
): Promise<Session> {
  let asked: Asked | undefined
  let token: string | undefined
  const first = async () => {
    const known = await credentials()
    asked = known
    if (known === undefined || !isToken(known)) return known as SaslCredentials | (Asked & undefined)
    token = await known.token()
    return { user: known.user, token }
  }
  try {
    return await open(first)
  } catch (error) {
    const isRefusal = error instanceof PosternError && error.code === 'UPSTREAM_SIGN_IN_REFUSED'
    if (!isRefusal || token === undefined || !asked || !isToken(asked)) throw error
    const { user } = asked
    const renewed = await asked.token(token)
    if (renewed === token) throw error
    return await open(async () => ({ user, token: renewed }))
  }
}

function isToken(credentials: Credentials): credentials is TokenCredentials {
  return 'token' in credentials
}
