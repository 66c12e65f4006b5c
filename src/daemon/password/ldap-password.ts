import type { Socket } from 'node:net'
import { BerWriter, Client, InvalidCredentialsError, ResultCodeError } from 'ldapts'
import type { PasswordChangeUrl } from '../../config/password-change-url.ts'
import { PosternError } from '../../errors.ts'
import { dial } from '../../net/dial.ts'
import { changeRefused, changeUnavailable, type PasswordRequest, type PasswordWay } from './password-request.ts'
import { serverWords } from './server-words.ts'

const START_TLS = '1.3.6.1.4.1.1466.20037' // RFC 4511 section 4.14
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1' // RFC 3062
const CONTEXT = 0x80 // the class of the tags [0] to [2]
const ANSWER_TIMEOUT_MS = 20_000
const MAX_ANSWER_OCTETS = 65_536 // of all that it says: the client would hold and copy any amount

type LdapPlace = Extract<PasswordChangeUrl, { readonly kind: 'ldap' }>

/**
 * Changes a password in a directory: binds as the user with the current one, inside TLS, then sends Password Modify
 * (RFC 3062).
 *
 * @throws {PosternError} PROFILE_PASSWORD_REFUSED, PROFILE_PASSWORD_UNAVAILABLE, NET_…, TLS_…
 */
export async function changeByLdap(place: LdapPlace, request: PasswordRequest, way: PasswordWay): Promise<void> {
  const where = `${place.host}:${place.port}`
  const exceeded = new AbortController()
  const signal = AbortSignal.any([way.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS), exceeded.signal])
  const bounds = { signal, exceeded }
  const socket = await secureSocket(place, { ...way, signal }, bounds).catch(error => {
    throw asUnavailable(where, signal.aborted ? signal.reason : error)
  })
  const client = clientOn(socket)
  using _ended = endedBy(bounds, socket)
  try {
    await client.bind(place.dn, request.current)
    way.onSending()
    await client.exop(PASSWORD_MODIFY, passwordModify(place.dn, request))
  } catch (error) {
    if (error instanceof ResultCodeError) throw changeRefused(where, wordsOf(error, request)) // without a cause: its words may have a password in them
    throw asUnavailable(where, signal.aborted ? signal.reason : error)
  } finally {
    socket.destroy()
  }
}

/** When a conversation is ended: with the signal, which `exceeded` is a part of. */
interface Bounds {
  readonly signal: AbortSignal
  readonly exceeded: AbortController
}

async function secureSocket(
  place: LdapPlace,
  { proxyTo, verifier, signal }: PasswordWay,
  bounds: Bounds,
): Promise<Socket> {
  const peer = { host: place.host, port: place.port }
  const plain = await dial(peer, signal, { proxy: await proxyTo(peer) })
  if (place.security === 'starttls') {
    using _ended = endedBy(bounds, plain)
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

/** Ends a socket with the signal, or when it says too much, as long as it is held: the client knows neither. */
function endedBy({ signal, exceeded }: Bounds, socket: Socket): Disposable {
  let octets = 0
  const count = (chunk: Buffer) => {
    octets += chunk.length
    if (octets > MAX_ANSWER_OCTETS) exceeded.abort(new Error('its answer has no end'))
  }
  const end = () => void socket.destroy()
  socket.on('data', count)
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return {
    [Symbol.dispose]: () => {
      socket.off('data', count)
      signal.removeEventListener('abort', end)
    },
  }
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
function wordsOf(error: ResultCodeError, { current, next }: PasswordRequest): string {
  if (error instanceof InvalidCredentialsError) return 'it refused the current one.'
  return `${error.name.replace(/Error$/, '')}: ${serverWords(error.message, [current, next])}`
}

function asUnavailable(where: string, error: unknown): PosternError {
  if (error instanceof PosternError) return error
  return changeUnavailable(where, error instanceof Error ? error.message : String(error), error)
}
