import { connectTo } from './connect.ts'
import { type HostPort, hostPort } from './host-port.ts'
import { isLoopback } from './loopback.ts'
import { OctetReader } from './proxy/octet-reader.ts'

const HTTP_PORT = 80 // where every sign-in page of a network answers in place of the host that was asked
const TIMEOUT_MS = 4000
const MAX_HEAD_OCTETS = 16_384
const MAX_BODY_OCTETS = 4096
const END_OF_HEAD = '\r\n\r\n'
const MAX_SHOWN_CHARACTERS = 100

/** Options of {@link findPortal}. */
export interface PortalOptions {
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  /** Where a host is asked by HTTP. For tests. */
  readonly placeOf?: (host: string) => HostPort
}

/**
 * Asks hosts for their page by plain HTTP and looks whether a sign-in page of the network answers instead. Says where
 * that lies; undefined when none does. Asks nobody but these hosts, and tells them nothing.
 */
export async function findPortal(hosts: readonly string[], options: PortalOptions): Promise<string | undefined> {
  const answers = await Promise.all(
    [...new Set(hosts)].filter(host => !isLoopback(host)).map(host => ask(host, options)),
  )
  return answers.find(answer => answer !== undefined)
}

/** Looks at an answer to `GET /`: RFC 6585 section 6, a way to a foreign host, or a page that leads there. Pure. */
export function portalIn(host: string, head: string, body: string): string | undefined {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
  const location = /^location:\s*(\S+)/im.exec(head)?.[1]
  const refresh = /<meta[^>]{0,200}http-equiv=["']?refresh[^>]{0,200}?url=["']?([^"'>\s]+)/i.exec(body)?.[1]
  if (status === 511) return shown(location ?? refresh ?? host)
  const goal = status >= 300 && status < 400 ? location : status === 200 ? refresh : undefined
  if (goal === undefined || !URL.canParse(goal)) return undefined // a way on the same host
  return isForeign(new URL(goal).hostname, host) ? shown(new URL(goal).host) : undefined
}

async function ask(host: string, options: PortalOptions): Promise<string | undefined> {
  const { signal, timeoutMs = TIMEOUT_MS, placeOf = host => ({ host, port: HTTP_PORT }) } = options
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    const socket = await connectTo(placeOf(host), bounded, timeoutMs)
    const onAbort = () => socket.destroy()
    bounded.addEventListener('abort', onAbort, { once: true })
    try {
      using reader = new OctetReader(socket)
      const name = hostPort({ host, port: HTTP_PORT }).replace(/:\d+$/, '')
      socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)
      const head = await reader.takeUntil(END_OF_HEAD, MAX_HEAD_OCTETS)
      if (!head) return undefined
      const body = await reader.takeAll(MAX_BODY_OCTETS)
      return portalIn(host, head.toString('latin1'), body.toString('latin1'))
    } finally {
      bounded.removeEventListener('abort', onAbort)
      socket.on('error', () => undefined).destroy()
    }
  } catch {
    return undefined // no page there: then this is not what is wrong
  }
}

// Mail servers send browsers to their web site: the same domain. Without a list of suffixes, two labels are one.
function isForeign(goal: string, host: string): boolean {
  const domain = (name: string) => name.toLowerCase().replace(/\.$/, '').split('.').slice(-2).join('.')
  return domain(goal) !== domain(host)
}

function shown(text: string): string {
  return text.replace(/[^\x21-\x7e]+/g, '').slice(0, MAX_SHOWN_CHARACTERS)
}
