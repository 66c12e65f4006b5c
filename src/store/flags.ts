/** The flags of a message: the system flags as bits, keywords as a sorted text with single spaces. */
export interface MessageFlags {
  readonly bits: number
  readonly keywords: string
}

/** The bit of \\Flagged. */
export const FLAGGED = 4
/** The bit of \\Deleted. */
export const DELETED = 8

const BITS: readonly (readonly [bit: number, flag: string])[] = [
  [1, '\\Seen'],
  [2, '\\Answered'],
  [FLAGGED, '\\Flagged'],
  [DELETED, '\\Deleted'],
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

/** Flags to add and flags to remove. */
export interface FlagChange {
  readonly add: MessageFlags
  readonly remove: MessageFlags
}

/** Applies a change. */
export function changeFlags(flags: MessageFlags, { add, remove }: FlagChange): MessageFlags {
  const keywords = wordsOf(flags)
  for (const word of wordsOf(add)) keywords.add(word)
  for (const word of wordsOf(remove)) keywords.delete(word)
  return { bits: (flags.bits | add.bits) & ~remove.bits, keywords: [...keywords].sort().join(' ') }
}

/** Finds the change that makes `from` into `to`. */
export function flagChange(from: MessageFlags, to: MessageFlags): FlagChange {
  const [before, after] = [wordsOf(from), wordsOf(to)]
  return {
    add: {
      bits: to.bits & ~from.bits,
      keywords: [...after]
        .filter(word => !before.has(word))
        .sort()
        .join(' '),
    },
    remove: {
      bits: from.bits & ~to.bits,
      keywords: [...before]
        .filter(word => !after.has(word))
        .sort()
        .join(' '),
    },
  }
}

/** Writes a change as people do: `+\\Seen -\\Flagged`. */
export function describeChange({ add, remove }: FlagChange): string {
  return [...unpackFlags(add).map(flag => `+${flag}`), ...unpackFlags(remove).map(flag => `-${flag}`)].join(' ')
}

/** Merges what the server changed into the local flags: a flag never conflicts. */
export function mergeFlags(base: MessageFlags, local: MessageFlags, remote: MessageFlags): MessageFlags {
  return changeFlags(local, flagChange(base, remote))
}

/** Tells whether two sets of flags are the same. */
export function equalFlags(left: MessageFlags, right: MessageFlags): boolean {
  return left.bits === right.bits && left.keywords === right.keywords
}

function wordsOf({ keywords }: MessageFlags): Set<string> {
  return new Set(keywords === '' ? [] : keywords.split(' '))
}
