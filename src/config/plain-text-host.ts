import { isIPv4 } from 'node:net'

/**
 * Tells whether settings may name a host, as it stands in a URL or without brackets, for plain text: this machine, written
 * as anybody writes it. `net` takes more spellings for this machine when it connects.
 */
export function isPlainTextHost(host: string): boolean {
  return /^(localhost|\[?::1\]?)$/i.test(host) || (isIPv4(host) && host.startsWith('127.'))
}
