const MAX_MODSEQ = 9_223_372_036_854_775_807n // RFC 7162 section 7: 63 bits

/** Reads a HIGHESTMODSEQ; undefined for 0, which stands for "keeps no mod-sequences", and for what can be none. */
export function modseqOf(text: string): bigint | undefined {
  const modseq = /^[1-9]\d{0,18}$/.test(text) ? BigInt(text) : undefined
  return modseq !== undefined && modseq <= MAX_MODSEQ ? modseq : undefined
}
