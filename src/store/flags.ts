/** The flags of a message: the system flags as bits, keywords as a sorted text with single spaces. */
export interface MessageFlags {
  readonly bits: number
  readonly keywords: string
}

const BITS: readonly (readonly [bit: number, flag: string])[] = [
  [1, '\\Seen'],
  [2, '\\Answered'],
  [4, '\\Flagged'],
  [8, '\\Deleted'],
  [16, '\\Draft'],
]
const BIT_BY_NAME = new Map(BITS.map(([bit, flag]) => [flag.toLowerCase(), bit]))

/** Packs flags of the wire; unknown system flags are kept as keywords. */
export function packFlags(flags: readonly string[]): MessageFlags {
  let bits = 0
  const keywords = new Set<string>()
  for (const flag of flags) {
    const bit = BIT_BY_NAME.get(flag.toLowerCase())
    if (bit) bits |= bit
    else keywords.add(flag)
  }
  return { bits, keywords: keywords.size === 0 ? '' : [...keywords].sort().join(' ') }
}

/** Unpacks flags into the words of the wire. */
export function unpackFlags({ bits, keywords }: MessageFlags): string[] {
  const flags = BITS.filter(([bit]) => (bits & bit) !== 0).map(([, flag]) => flag)
  return keywords === '' ? flags : [...flags, ...keywords.split(' ')]
}

/** Merges what the server changed into the local flags: a flag never conflicts. */
export function mergeFlags(base: MessageFlags, local: MessageFlags, remote: MessageFlags): MessageFlags {
  const added = remote.bits & ~base.bits
  const removed = base.bits & ~remote.bits
  const words = (flags: MessageFlags) => new Set(flags.keywords === '' ? [] : flags.keywords.split(' '))
  const [baseWords, remoteWords] = [words(base), words(remote)]
  const keywords = words(local)
  for (const word of remoteWords) if (!baseWords.has(word)) keywords.add(word)
  for (const word of baseWords) if (!remoteWords.has(word)) keywords.delete(word)
  return { bits: (local.bits | added) & ~removed, keywords: [...keywords].sort().join(' ') }
}

/** Tells whether two sets of flags are the same. */
export function equalFlags(left: MessageFlags, right: MessageFlags): boolean {
  return left.bits === right.bits && left.keywords === right.keywords
}
