import { isIPv6, type Socket } from 'node:net'
import type { HostPort } from '../host-port.ts'
import type { NetworkProxy } from './network-proxy.ts'
import { OctetReader } from './octet-reader.ts'
import { proxyRefusals } from './refusals.ts'

const MAX_HEAD_OCTETS = 16_384 // as much as Node's own HTTP parser takes
const END_OF_HEAD = '\r\n\r\n'

/**
 * Asks an HTTP proxy for a tunnel (RFC 9110 section 9.3.6). The name goes to the proxy as it is.
 *
 * @throws {PosternError} NET_PROXY_REFUSED, NET_PROXY_SIGN_IN, NET_PROXY_PROTOCOL; a plain error when the line breaks.
 */
export async function httpConnect(socket: Socket, proxy: NetworkProxy, target: HostPort): Promise<void> {
  socket.write(requestFor(proxy, target))
  using reader = new OctetReader(socket)
  const head = await reader.takeUntil(END_OF_HEAD, MAX_HEAD_OCTETS)
  if (!head) throw proxyRefusals.malformed(proxy, `answered with more than ${MAX_HEAD_OCTETS} octets of header`)
  const [status = '', ...fields] = head.toString('latin1').split('\r\n')
  const [, digits, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(status) ?? []
  if (digits === undefined) throw proxyRefusals.malformed(proxy, 'does not speak HTTP')
  const code = Number(digits)
  if (code >= 200 && code < 300) return
  // tinyproxy says 401 where RFC 9110 has 407.
  if (code === 407 || code === 401) throw signInFailure(proxy, `${code} ${reason}`, fields)
  throw proxyRefusals.refused(proxy, target, { says: `${code} ${reason}`, advice: adviceOn(code) })
}

function requestFor({ user, password }: NetworkProxy, { host, port }: HostPort): string {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const basic = Buffer.from(`${user}:${password ?? ''}`).toString('base64') // RFC 7617
  return [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(user === undefined ? [] : [`Proxy-Authorization: Basic ${basic}`]),
    '\r\n',
  ].join('\r\n')
}

function signInFailure(proxy: NetworkProxy, says: string, fields: readonly string[]) {
  const offers = fields
    .map(field => /^proxy-authenticate:\s*(\S+)/i.exec(field)?.[1])
    .filter(scheme => scheme !== undefined)
  const knowsBasic = offers.length === 0 || offers.some(scheme => /^basic$/i.test(scheme))
  return knowsBasic ? proxyRefusals.signIn(proxy, says) : proxyRefusals.otherSignIn(proxy, offers.join(', '))
}

function adviceOn(code: number): string {
  if (code >= 500)
    return 'The proxy does not reach the server: check host and port of the profile. Postern tries again.'
  return (
    'Many proxies allow web ports only: ask who runs it to allow this server and port, ' +
    'or name another proxy: postern config set network.proxy'
  )
}
