import { briefRefusal, type ClientMechanism, SaslError } from './client-mechanism.ts'
import { saslName } from './scram-client.ts'

const SEPARATOR = '\x01'

/** Where a token is sent: some servers take it only for the door that was knocked at. */
export interface BearerTarget {
  readonly host: string
  readonly port: number
}

/** OAUTHBEARER (RFC 7628). */
export function oauthBearerClient(user: string, token: string, { host, port }: BearerTarget): ClientMechanism {
  const pairs = [`host=${host}`, `port=${port}`, `auth=Bearer ${assertToken(token)}`]
  const text = [`n,a=${saslName(assertPlain(user))},`, ...pairs, '', ''].join(SEPARATOR)
  return new BearerClient('OAUTHBEARER', Buffer.from(text), Buffer.from(SEPARATOR))
}

/** XOAUTH2, as Google and Microsoft describe it. */
export function xoauth2Client(user: string, token: string): ClientMechanism {
  const text = [`user=${assertPlain(user)}`, `auth=Bearer ${assertToken(token)}`, '', ''].join(SEPARATOR)
  return new BearerClient('XOAUTH2', Buffer.from(text), Buffer.alloc(0))
}

class BearerClient implements ClientMechanism {
  readonly name: string
  readonly initialResponse: Buffer
  readonly #afterRefusal: Buffer
  refusal: string | undefined

  constructor(name: string, initialResponse: Buffer, afterRefusal: Buffer) {
    this.name = name
    this.initialResponse = initialResponse
    this.#afterRefusal = afterRefusal
  }

  // A challenge is always a refusal (RFC 7628 section 3.2.3): the server says NO once it is answered.
  respond(challenge: Buffer): Buffer {
    if (this.refusal !== undefined) throw new SaslError('malformed', 'it asks on after it has refused the token')
    this.refusal = refusalOf(challenge)
    return this.#afterRefusal
  }

  assertDone(): void {
    if (this.refusal !== undefined) throw new SaslError('malformed', 'it refused the token and accepted it')
  }
}

/** Says in a line what the JSON of a refusal says (RFC 7628 section 3.2.2). */
function refusalOf(challenge: Buffer): string {
  const text = challenge.toString('utf8')
  try {
    const { status, scope } = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
    const words = [status, scope === undefined ? undefined : `(scope ${scope})`]
    return briefRefusal(words.filter(word => word !== undefined).join(' '))
  } catch {
    return briefRefusal(text) // some servers send no JSON
  }
}

// RFC 6749 appendix A.12, without the space that would end it here.
function assertToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new SaslError('malformed', 'the token has characters that no token may have')
}

function assertPlain(user: string): string {
  if (!/[\x00-\x1f\x7f]/.test(user)) return user
  throw new SaslError('malformed', 'the user name has control characters')
}
