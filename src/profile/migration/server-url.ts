import { isPlainTextHost } from '../../config/plain-text-host.ts'
import type { Security } from '../../config/upstream-url.ts'

/** A server as another program names it. */
export interface NamedServer {
  readonly host: string
  /** Undefined for the usual one. */
  readonly port: number | undefined
  readonly security: Security
}

const SUFFIXES: Readonly<Record<Security, string>> = { none: '', starttls: '+starttls', tls: 's' }

/** Writes a server as a URL of ours; whether it is a valid one is looked at with the profile. */
export function serverUrl(protocol: 'imap' | 'smtp', { host, port, security }: NamedServer): string {
  const bare = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return `${protocol}${SUFFIXES[security]}://${bare}${port === undefined ? '' : `:${port}`}`
}

/** What is to be said of a server that is talked to in plain text; a program on this machine needs no encryption. */
export function plainTextRemarks(protocol: string, { host, security }: NamedServer): readonly string[] {
  if (security !== 'none' || isPlainTextHost(host)) return []
  return [`${protocol} goes to ${host} without encryption, as there: everybody on the way can read the password`]
}
