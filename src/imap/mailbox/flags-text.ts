import { flagList } from '../../formats/imap/response-encoder.ts'
import { type MessageFlags, unpackFlags } from '../../store/flags.ts'

const MAX_KNOWN = 1000
const MAX_KNOWN_UNITS = 200

/** A mailbox has a few combinations of flags, and many messages. */
const known = new Map<string, string>()

/** Writes flags in parentheses, as FLAGS tells them. */
export function flagsText(flags: MessageFlags): string {
  const key = `${flags.bits} ${flags.keywords}`
  const text = known.get(key) ?? flagList(unpackFlags(flags))
  if (known.size < MAX_KNOWN && key.length <= MAX_KNOWN_UNITS) known.set(key, text)
  return text
}
