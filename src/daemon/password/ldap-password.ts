import type { Socket } from 'node:net'
import { BerWriter, Client, InvalidCredentialsError, ResultCodeError } from 'ldapts'
import type { PasswordChangeUrl } from '../../config/password-change-url.ts'
import { PosternError } from '../../errors.ts'
import { dial } from '../../net/dial.ts'
import { changeRefused, changeUnavailable, type PasswordRequest, type PasswordWay } from './password-request.ts'

const START_TLS = '1.3.6.1.4.1.1466.20037' // RFC 4511 section 4.14
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1' // RFC 3062
const CONTEXT = 0x80 // the class of the tags [0] to [2]
const ANSWER_TIMEOUT_MS = 20_000

type LdapPlace = Extract<PasswordChangeUrl, { readonly kind: 'ldap' }>

/**
 * Changes a password in a directory: binds as the user with the current one, inside TLS, then sends Password Modify
 * (RFC 3062).
 *
 * @throws {PosternError} PROFILE_PASSWORD_REFUSED, PROFILE_PASSWORD_UNAVAILABLE, NET_…, TLS_…
 */
export async function changeByLdap(place: LdapPlace, request: PasswordRequest, way: PasswordWay): Promise<void> {
  const where = `${place.host}:${place.port}`
  const signal = AbortSignal.any([way.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
  const socket = await secureSocket(place, { ...way, signal }).catch(error => {
    throw asUnavailable(where, signal.aborted ? signal.reason : error)
  })
  const client = clientOn(socket)
  using _ended = endedBy(signal, socket)
  try {
    await client.bind(place.dn, request.current)
    way.onSending()
    await client.exop(PASSWORD_MODIFY, passwordModify(place.dn, request))
  } catch (error) {
    if (error instanceof ResultCodeError) throw changeRefused(where, wordsOf(error), error)
    throw asUnavailable(where, signal.aborted ? signal.reason : error)
  } finally {
    socket.destroy()
  }
}

async function secureSocket(place: LdapPlace, { proxyTo, verifier, signal }: PasswordWay): Promise<Socket> {
  const peer = { host: place.host, port: place.port }
  const plain = await dial(peer, signal, { proxy: await proxyTo(peer) })
  if (place.security === 'starttls') {
    using _ended = endedBy(signal, plain)
    await agreeOnTls(plain, `${place.host}:${place.port}`)
  }
  return verifier.secure(plain, peer, signal)
}

/** Nothing that comes in plain text after the answer is taken over: it lies in a client that is thrown away. */
async function agreeOnTls(plain: Socket, where: string): Promise<void> {
  const client = clientOn(plain)
  try {
    await client.exop(START_TLS)
  } catch (error) {
    plain.destroy()
    throw asUnavailable(where, error)
  } finally {
    plain.removeAllListeners()
  }
}

/** Ends a socket with the signal, as long as it is held: the client knows no signals. */
function endedBy(signal: AbortSignal, socket: Socket): Disposable {
  const end = () => void socket.destroy()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', end) }
}

function clientOn(socket: Socket): Client {
  // The URL names nothing: the way to the server, proxy and TLS included, is our own.
  return new Client({
    url: 'ldap://localhost',
    createConnection: () => socket,
    timeout: ANSWER_TIMEOUT_MS,
    connectTimeout: ANSWER_TIMEOUT_MS,
  })
}

/** PasswdModifyRequestValue of RFC 3062 section 2. */
function passwordModify(dn: string, { current, next }: PasswordRequest): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  for (const [tag, value] of [dn, current, next].entries()) writer.writeString(value, CONTEXT + tag)
  writer.endSequence()
  return writer.buffer
}

// Directories tell little: often there is no text beside the code.
function wordsOf(error: ResultCodeError): string {
  if (error instanceof InvalidCredentialsError) return 'it refused the current one.'
  return `${error.name.replace(/Error$/, '')}: ${error.message}`
}

function asUnavailable(where: string, error: unknown): PosternError {
  if (error instanceof PosternError) return error
  return changeUnavailable(where, error instanceof Error ? error.message : String(error), error)
}
