import type { CommandReader } from '../command-reader.ts'

/** AUTHENTICATE (RFC 9051 section 6.2.2). */
export interface AuthenticateCommand {
  readonly kind: 'authenticate'
  /** In capitals. */
  readonly mechanism: string
  /** The initial response (RFC 4959), decoded; undefined when there is none, empty when it is empty. */
  readonly initialResponse: Buffer | undefined
}

/** LOGIN. */
export interface LoginCommand {
  readonly kind: 'login'
  readonly user: string
  readonly password: string
}

/** ENABLE (RFC 9051 section 6.3.1); names in capitals, unknown ones as well. */
export interface EnableCommand {
  readonly kind: 'enable'
  readonly capabilities: readonly string[]
}

/** ID (RFC 2971): what the client says of itself, NIL values left out; names in lower case. */
export interface IdCommand {
  readonly kind: 'id'
  readonly fields: ReadonlyMap<string, string>
}

// Empty as well: for a mechanism whose first word is the server's, mutt with GSASL sends the space and nothing after it.
const INITIAL_RESPONSE = /=|[A-Za-z0-9+/]+={0,2}|$/y
const MAX_ID_FIELDS = 30 // RFC 2971 section 3.3
const MAX_ID_OCTETS = 1024

/** Reads what follows AUTHENTICATE. */
export function readAuthenticate(reader: CommandReader): AuthenticateCommand {
  const mechanism = reader.atom().toUpperCase()
  const base64 = reader.skip(' ') ? reader.match(INITIAL_RESPONSE) : ''
  if (base64 === undefined) return reader.fail('an initial response is malformed')
  if (base64 === '') return { kind: 'authenticate', mechanism, initialResponse: undefined }
  const octets = base64 === '=' ? Buffer.alloc(0) : decodeBase64(base64)
  return { kind: 'authenticate', mechanism, initialResponse: octets ?? reader.fail('base64 is malformed') }
}

/** Decodes base64 as a SASL exchange has it (RFC 4648 section 4); undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : undefined
}

/** Reads what follows LOGIN. */
export function readLogin(reader: CommandReader): LoginCommand {
  const user = reader.text()
  reader.space()
  return { kind: 'login', user, password: reader.text() }
}

/** Reads what follows ENABLE. */
export function readEnable(reader: CommandReader): EnableCommand {
  const capabilities = [reader.atom().toUpperCase()]
  while (reader.skip(' ')) capabilities.push(reader.atom().toUpperCase())
  return { kind: 'enable', capabilities }
}

/** Reads what follows ID. */
export function readId(reader: CommandReader): IdCommand {
  const fields = new Map<string, string>()
  if (reader.skip('NIL')) return { kind: 'id', fields }
  let count = 0
  reader.list(() => {
    const name = reader.string()
    reader.space()
    const value = reader.nstring()
    if (++count > MAX_ID_FIELDS || (value?.length ?? 0) > MAX_ID_OCTETS) reader.fail('an ID is too long')
    if (value) fields.set(name.toString('latin1').toLowerCase(), value.toString())
  }, 0)
  return { kind: 'id', fields }
}
