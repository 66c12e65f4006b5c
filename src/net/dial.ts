import type { Socket } from 'node:net'
import { domainToASCII } from 'node:url'
import { PosternError } from '../errors.ts'
import { connectTo } from './connect.ts'
import type { NetErrorCode } from './errors.ts'
import type { HostPort } from './host-port.ts'
import { isLoopback } from './loopback.ts'
import { httpConnect } from './proxy/http-connect.ts'
import type { NetworkProxy } from './proxy/network-proxy.ts'
import { proxyRefusals } from './proxy/refusals.ts'
import { socks5Connect } from './proxy/socks5.ts'

const TIMEOUT_MS = 20_000 // for the proxy, and what it has to reach

/** How {@link dial} gets to a host. */
export interface DialOptions {
  /** Undefined for the direct way. */
  readonly proxy?: NetworkProxy | undefined
  readonly timeoutMs?: number
}

/**
 * Opens a connection to a server of the outside: through the proxy where there is one, which then resolves the name.
 * This machine is never reached through a proxy.
 *
 * @throws {PosternError} NET_…; the signal's reason when it aborts.
 */
export async function dial(
  target: HostPort,
  signal: AbortSignal,
  { proxy, timeoutMs = TIMEOUT_MS }: DialOptions = {},
): Promise<Socket> {
  if (!proxy || isLoopback(target.host)) return connectTo(target, signal, timeoutMs)
  const socket = await connectTo(proxy, signal, timeoutMs).catch(error => {
    signal.throwIfAborted()
    throw proxyRefusals.unreachable(proxy, error)
  })
  return tunnel(socket, proxy, { target, signal, timeoutMs })
}

interface Wanted {
  readonly target: HostPort
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

async function tunnel(socket: Socket, proxy: NetworkProxy, wanted: Wanted): Promise<Socket> {
  const { target, signal, timeoutMs } = wanted
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(proxyRefusals.silent(proxy, target, timeoutMs)), timeoutMs)
  const bounded = AbortSignal.any([signal, timeout.signal])
  const onAbort = () => socket.destroy()
  bounded.addEventListener('abort', onAbort, { once: true })
  if (bounded.aborted) onAbort()
  socket.on('error', ignoreTold)
  try {
    await (proxy.kind === 'http' ? httpConnect : socks5Connect)(socket, proxy, named(target))
    bounded.throwIfAborted()
    socket.off('error', ignoreTold)
    return socket
  } catch (error) {
    socket.destroy()
    if (bounded.aborted) throw bounded.reason
    throw error instanceof PosternError ? error : proxyRefusals.lost(proxy, target, error)
  } finally {
    clearTimeout(timer)
    bounded.removeEventListener('abort', onAbort)
  }
}

function ignoreTold(): void {
  // the reader of the conversation tells it
}

/** The name as it goes over the wire: ASCII (RFC 5890 section 2.3.2.1), and nothing that could end a line. */
function named({ host, port }: HostPort): HostPort {
  const name = host.includes(':') ? host : domainToASCII(host.replace(/\.$/, ''))
  if (/^[A-Za-z0-9._:-]+$/.test(name)) return { host: name, port }
  throw new PosternError<NetErrorCode>('NET_DNS', `${JSON.stringify(host)} is no name of a host.`, {
    remedy: 'user',
    advice: 'Check the host in the profile.',
  })
}
