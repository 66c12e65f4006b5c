import { BlockList, isIPv6 } from 'node:net'

/** Where an IP address lies: in the internet, in a private network, on this machine, or where no server should be. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'special'

const PRIVATE = blockList(
  ['10.0.0.0', 8], // RFC 1918
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10], // RFC 6598: carriers
  ['fc00::', 7], // RFC 4193
  ['fec0::', 10], // RFC 3879
  ['64:ff9b:1::', 48], // RFC 8215: a network's own way to its IPv4
)
const LOOPBACK = blockList(['127.0.0.0', 8], ['::1', 128])
const SPECIAL = blockList(
  ['0.0.0.0', 8], // RFC 1122: this host
  ['169.254.0.0', 16], // RFC 3927: link-local, where clouds tell their machines' secrets
  ['192.0.0.0', 24], // RFC 6890
  ['192.0.2.0', 24], // RFC 5737: documentation
  ['198.18.0.0', 15], // RFC 2544: benchmarks
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3], // multicast, reserved and broadcast
  ['::', 96], // RFC 4291: an IPv4 address, as of old
  ['::ffff:0:0:0', 96], // RFC 2765: the same, translated
  ['100::', 64], // RFC 6666: what is thrown away
  ['fe80::', 10], // RFC 4291: link-local
  ['ff00::', 8],
  ['2001:db8::', 32], // RFC 3849: documentation
)

/** Classifies an address; an IPv4 address inside an IPv6 one counts as itself. */
export function classOf(address: string): AddressClass {
  const plain = embeddedIpv4(address) ?? address
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(plain, family)) return 'loopback'
  if (PRIVATE.check(plain, family)) return 'private'
  return SPECIAL.check(plain, family) ? 'special' : 'public'
}

// ::ffff:a.b.c.d (RFC 4291), 64:ff9b::a.b.c.d (RFC 6052) and 2002:aabb:ccdd:: (RFC 3056), however they are written.
function embeddedIpv4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined
  const groups = groupsOf(address)
  const head = groups.slice(0, 6).join(':')
  if (head === '0:0:0:0:0:ffff' || head === '64:ff9b:0:0:0:0') return dotted(groups[6], groups[7])
  return groups[0] === '2002' ? dotted(groups[1], groups[2]) : undefined
}

function groupsOf(address: string): readonly string[] {
  const { hostname } = new URL(`http://[${address.replace(/%.*/, '')}]/`) // writes it in one way (RFC 5952)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}

function dotted(high = '0', low = '0'): string {
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [first >> 8, first & 255, second >> 8, second & 255].join('.')
}

function blockList(...subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4')
  return list
}
