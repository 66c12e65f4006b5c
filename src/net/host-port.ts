import { isIPv6 } from 'node:net'

/** A host, by name or address, and a port. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Writes `host:port`, an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export function hostPort({ host, port }: HostPort): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}
