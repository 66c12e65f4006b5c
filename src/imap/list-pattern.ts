const MAX_PATTERN_LENGTH = 1024 // names are shorter

/**
 * Tells whether a name matches a pattern of LIST: `*` is anything, `%` anything without the delimiter (RFC 9051 section
 * 6.3.9). The work is that of the pattern times the name, whatever the wildcards are.
 */
export function matchesPattern(name: string, pattern: string, delimiter: string): boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) return false
  // reach[i]: the pattern so far matches the first i characters of the name.
  let reach = new Uint8Array(name.length + 1)
  reach[0] = 1
  for (const sign of pattern) {
    const next = new Uint8Array(name.length + 1)
    const isWild = sign === '*' || sign === '%'
    for (let at = 0; at <= name.length; at++) {
      if (isWild) {
        const goesOn = at > 0 && next[at - 1] === 1 && (sign === '*' || name[at - 1] !== delimiter)
        if (reach[at] === 1 || goesOn) next[at] = 1
      } else if (at > 0 && reach[at - 1] === 1 && name[at - 1] === sign) next[at] = 1
    }
    reach = next
  }
  return reach[name.length] === 1
}
