import type { ProxyUrl } from '../../config/proxy-url.ts'
import { hostPort } from '../../net/host-port.ts'

/** Writes a proxy's password down as a secret, together with whose it is: another proxy never gets it. */
export function boundPassword(proxy: ProxyUrl, password: string): string {
  return JSON.stringify({ proxy: identityOf(proxy), password })
}

/** Reads such a secret for a proxy; undefined when it is another one's. */
export function passwordFor(proxy: ProxyUrl, secret: string | undefined): string | undefined {
  if (secret === undefined) return undefined
  const kept = parse(secret)
  return kept?.proxy === identityOf(proxy) ? kept.password : undefined
}

function identityOf({ kind, user = '', host, port }: ProxyUrl): string {
  return `${kind}://${encodeURIComponent(user)}@${hostPort({ host, port })}`
}

function parse(secret: string): { readonly proxy: string; readonly password: string } | undefined {
  try {
    const { proxy, password } = JSON.parse(secret) as Readonly<Record<string, unknown>>
    return typeof proxy === 'string' && typeof password === 'string' ? { proxy, password } : undefined
  } catch {
    return undefined // of a version that did not note whose it is
  }
}
