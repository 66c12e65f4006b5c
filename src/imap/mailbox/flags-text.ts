import { flagList } from '../../formats/imap/response-encoder.ts'
import { type MessageFlags, unpackFlags } from '../../store/flags.ts'

const MAX_KNOWN = 1000
const MAX_KNOWN_UNITS = 200

/** A mailbox has a few combinations of flags, and many messages: by keywords, then by bits. */
const known = new Map<string, Map<number, string>>()

/** Writes flags in parentheses, as FLAGS tells them. */
export function flagsText(flags: MessageFlags): string {
  const byBits = known.get(flags.keywords)
  const text = byBits?.get(flags.bits) ?? flagList(unpackFlags(flags))
  if (byBits) byBits.set(flags.bits, text)
  else if (known.size < MAX_KNOWN && flags.keywords.length <= MAX_KNOWN_UNITS) {
    known.set(flags.keywords, new Map([[flags.bits, text]]))
  }
  return text
}
