const HASH_DIGITS = 40 // of 64: enough to tell messages apart, and short on the wire

/** What {@link emailIdOf} looks at; `hash` are the lower-case hexadecimal digits of the SHA-256. */
export interface IdentifiedItem {
  readonly id: number
  readonly isWhole: boolean
  readonly hash: string
}

/**
 * Names a message for clients (EMAILID, RFC 8474): the same for all copies of its octets. Of which only the header is here
 * has a name of its own, since nobody knows whether it is a copy.
 */
export function emailIdOf({ id, isWhole, hash }: IdentifiedItem): string {
  return isWhole ? `M${hash.slice(0, HASH_DIGITS)}` : `I${id}`
}
