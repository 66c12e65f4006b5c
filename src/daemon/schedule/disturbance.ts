import type { NetworkInterfaceInfo } from 'node:os'

// Clocks are corrected by less, and a busy machine wakes a timer up later than this only when it slept.
const JUMP_MS = 30_000

/** Both clocks at one moment, in ms. */
export interface ClockReading {
  /** Never goes back; may stand still while the machine sleeps. */
  readonly monotonicMs: number
  /** What the machine believes the time to be. */
  readonly wallMs: number
}

/**
 * Tells whether the machine slept, or its clock was set, between two looks that should be `expectedMs` apart: the
 * clocks went differently, or both went on while no timer ran (macOS and Windows count the sleep in both).
 */
export function hasJumped(before: ClockReading, now: ClockReading, expectedMs: number): boolean {
  const monotonicMs = now.monotonicMs - before.monotonicMs
  const wallMs = now.wallMs - before.wallMs
  return Math.abs(wallMs - monotonicMs) > JUMP_MS || monotonicMs - expectedMs > JUMP_MS
}

/** Addresses of the network interfaces, as `os.networkInterfaces` tells them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** The addresses by which others can be reached: neither loopback nor link-local ones. */
export function outwardAddresses(interfaces: Interfaces): ReadonlySet<string> {
  const all = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(isOutward).map(({ address }) => `${name} ${address}`),
  )
  return new Set(all)
}

/**
 * What a change of addresses means: connections over an address that is gone are dead; a new address may reach what
 * could not be reached.
 */
export function networkChange(
  before: ReadonlySet<string>,
  now: ReadonlySet<string>,
): { readonly isLost: boolean; readonly isGained: boolean } {
  return {
    isLost: [...before].some(address => !now.has(address)),
    isGained: [...now].some(address => !before.has(address)),
  }
}

function isOutward({ internal, address }: NetworkInterfaceInfo): boolean {
  return !internal && !/^fe80:|^169\.254\./i.test(address) // RFC 4291 section 2.5.6, RFC 3927
}
