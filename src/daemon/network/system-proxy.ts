import type { HostPort } from '../../net/host-port.ts'

/** What the settings of a desktop say about proxies. */
export interface SystemProxy {
  readonly http: HostPort | undefined
  readonly socks: HostPort | undefined
  /** Hosts without a proxy, as `parseBypass` reads them. */
  readonly bypass: string
  /** Where a script lies that would decide; Postern runs none. */
  readonly script: string | undefined
}

/** No proxy, and nothing that would name one. */
export const NO_SYSTEM_PROXY: SystemProxy = { http: undefined, socks: undefined, bypass: '', script: undefined }

/** A host and a port as two settings have them; undefined where they name none. */
export function endpointOf(host: string | undefined, port: string | undefined): HostPort | undefined {
  const number = Number(port)
  if (!host || /[\s/@]/.test(host) || !Number.isInteger(number) || number < 1 || number > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, '').toLowerCase(), port: number }
}
