import type { Authenticated, Selected } from '../session-state.ts'

/** Switches mod-sequences on, as any command does that uses them (RFC 7162 section 3.1). */
export function* enableCondstore(state: Authenticated | Selected): Iterable<string> {
  if (state.dialect.isCondstore) return
  state.dialect.enable('CONDSTORE')
  if (state.kind === 'selected') yield `* OK [HIGHESTMODSEQ ${state.open.toldModseq}] mod-sequences are told\r\n`
}

/** A mod-sequence of a client as the number that ours are; larger ones than any of ours stay so. */
export function modseqNumber(modseq: bigint): number {
  return modseq > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(modseq)
}
