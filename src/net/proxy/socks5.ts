import { isIPv4, isIPv6, type Socket } from 'node:net'
import { URL } from 'node:url'
import { type HostPort, hostPort } from '../host-port.ts'
import type { NetworkProxy } from './network-proxy.ts'
import { OctetReader } from './octet-reader.ts'
import { proxyRefusals } from './refusals.ts'

const VERSION = 5
const NO_SIGN_IN = 0
const USER_AND_PASSWORD = 2
const NONE_ACCEPTABLE = 0xff
const CONNECT = 1
const [IPV4, NAME, IPV6] = [1, 3, 4]
const MAX_FIELD_OCTETS = 255 // one octet tells the length

const CHECK_PROFILE = 'Check host and port of the profile. Postern tries again by itself.'
const ASK_ADMINISTRATOR = 'Ask who runs the proxy to allow this server and port.'

// RFC 1928 section 6.
const REPLIES: Readonly<Record<number, { readonly says: string; readonly advice: string }>> = {
  1: { says: 'general failure (1)', advice: CHECK_PROFILE },
  2: { says: 'not allowed by its rules (2)', advice: ASK_ADMINISTRATOR },
  3: { says: 'network unreachable (3)', advice: CHECK_PROFILE },
  4: { says: 'host unreachable (4)', advice: CHECK_PROFILE },
  5: { says: 'the server refused the connection (5)', advice: CHECK_PROFILE },
  6: { says: 'the connection took too long (6)', advice: CHECK_PROFILE },
  7: { says: 'it does not know CONNECT (7)', advice: ASK_ADMINISTRATOR },
  8: { says: 'it does not know such addresses (8)', advice: ASK_ADMINISTRATOR },
}

/**
 * Asks a SOCKS5 proxy for a connection (RFC 1928), with user and password (RFC 1929) where it has them. Names go to the
 * proxy as they are.
 *
 * @throws {PosternError} NET_PROXY_REFUSED, NET_PROXY_SIGN_IN, NET_PROXY_PROTOCOL; a plain error when the line breaks.
 */
export async function socks5Connect(socket: Socket, proxy: NetworkProxy, target: HostPort): Promise<void> {
  using reader = new OctetReader(socket)
  await signIn(socket, reader, proxy)
  socket.write(Buffer.concat([Buffer.of(VERSION, CONNECT, 0), addressOf(proxy, target), portOf(target)]))
  const [version, code = 0, , kind] = await reader.take(4)
  if (version !== VERSION) throw notSocks(proxy)
  if (code !== 0) {
    const reply = REPLIES[code] ?? { says: `unknown failure (${code})`, advice: CHECK_PROFILE }
    throw proxyRefusals.refused(proxy, target, reply)
  }
  await skipAddress(reader, kind, proxy)
}

async function signIn(socket: Socket, reader: OctetReader, proxy: NetworkProxy): Promise<void> {
  const { user, password = '' } = proxy
  const methods = user === undefined ? [NO_SIGN_IN] : [NO_SIGN_IN, USER_AND_PASSWORD]
  socket.write(Buffer.of(VERSION, methods.length, ...methods))
  const [version, method] = await reader.take(2)
  if (version !== VERSION) throw notSocks(proxy)
  if (method === NO_SIGN_IN) return
  if (method === NONE_ACCEPTABLE) throw proxyRefusals.signIn(proxy, 'no acceptable way to sign in')
  if (method !== USER_AND_PASSWORD || user === undefined) {
    throw proxyRefusals.malformed(proxy, 'chose a way to sign in that was not offered to it')
  }
  socket.write(Buffer.concat([Buffer.of(1), field(user, proxy), field(password, proxy)]))
  const [, status] = await reader.take(2)
  if (status !== 0) throw proxyRefusals.signIn(proxy, `sign-in failed (${status})`)
}

function addressOf(proxy: NetworkProxy, { host }: HostPort): Buffer {
  if (isIPv4(host)) return Buffer.of(IPV4, ...host.split('.').map(Number))
  if (isIPv6(host)) return Buffer.concat([Buffer.of(IPV6), ipv6Octets(host)])
  return Buffer.concat([Buffer.of(NAME), field(host, proxy)])
}

// The URL parser knows every way to write an address; it gives them back in one.
function ipv6Octets(host: string): Buffer {
  const canonical = new URL(`http://[${host}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const groups = (text: string | undefined) => (text ? text.split(':') : [])
  const [left, right] = [groups(head), groups(tail)]
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  const octets = Buffer.alloc(16)
  for (const [index, group] of [...left, ...zeros, ...right].entries()) {
    octets.writeUInt16BE(Number.parseInt(group, 16), index * 2)
  }
  return octets
}

function portOf({ port }: HostPort): Buffer {
  return Buffer.of(port >> 8, port & 0xff)
}

function field(text: string, proxy: NetworkProxy): Buffer {
  const octets = Buffer.from(text)
  if (octets.length > 0 && octets.length <= MAX_FIELD_OCTETS) return Buffer.concat([Buffer.of(octets.length), octets])
  throw proxyRefusals.signIn(proxy, `a field of ${octets.length} octets, SOCKS takes 1 to ${MAX_FIELD_OCTETS}`)
}

async function skipAddress(reader: OctetReader, kind: number | undefined, proxy: NetworkProxy): Promise<void> {
  if (kind !== IPV4 && kind !== IPV6 && kind !== NAME) {
    throw proxyRefusals.malformed(proxy, 'answered with an address of an unknown kind')
  }
  const octets = kind === IPV4 ? 4 : kind === IPV6 ? 16 : ((await reader.take(1))[0] ?? 0)
  await reader.take(octets + 2)
}

function notSocks(proxy: NetworkProxy) {
  return proxyRefusals.malformed(proxy, `at ${hostPort(proxy)} does not speak SOCKS5`)
}
