import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('0.0.0.0', 'ipv4') // connecting to it, or to ::, reaches this machine
loopback.addAddress('::', 'ipv6')
loopback.addAddress('::1', 'ipv6')
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6')

/**
 * Tells whether a host is this machine by its name or address, as it stands in a URL or without brackets; names are not
 * resolved. The one decision: what may be said in plain text, and what goes to no proxy. Whoever connects holds to it.
 */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const name = isIP(bare) === 0 ? domainToASCII(bare) || bare : bare // `127.1` and `0x7f.1` are addresses as well
  const family = isIP(name)
  if (family !== 0) return loopback.check(name, family === 6 ? 'ipv6' : 'ipv4')
  return isLocalName(name)
}

/** Tells whether a name is this machine's, whatever DNS would say (RFC 6761 section 6.3). */
export function isLocalName(name: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(name)
}
