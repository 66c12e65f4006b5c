import { hostPort } from '../host-port.ts'

/** A proxy that connections to the outside go through. */
export interface NetworkProxy {
  readonly kind: 'http' | 'socks5'
  readonly host: string
  readonly port: number
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Where it is set, in words: `network.proxy`, `HTTPS_PROXY`. */
  readonly source: string
}

/** Names a proxy for people: never with its password. */
export function proxyName(proxy: NetworkProxy): string {
  return `the proxy ${proxy.kind}://${hostPort(proxy)} (set by ${proxy.source})`
}
