import type { SortCriterion } from '../../../src/formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import { unpackFlags } from '../../../src/store/flags.ts'
import { type MemoryMessage, SOME_DATE_MS } from './memory-mailbox.ts'

const DAY_MS = 86_400_000
const NOW_MS = SOME_DATE_MS + 10 * DAY_MS

/** Tells whether a message matches. */
export function matches(message: MemoryMessage, key: SearchKey): boolean {
  switch (key.kind) {
    case 'all':
      return true
    case 'and':
      return key.keys.every(inner => matches(message, inner))
    case 'or':
      return matches(message, key.left) || matches(message, key.right)
    case 'not':
      return !matches(message, key.key)
    case 'uids':
      return key.messages.kind === 'numbers' && key.messages.numbers.has(message.uid)
    case 'flag':
      return unpackFlags(message.flags).some(flag => flag.toLowerCase() === key.flag.toLowerCase())
    case 'subject':
      return subjectOf(message).includes(key.text)
    case 'address':
      return hasField(message, key.field, key.text)
    case 'header':
      return hasField(message, key.field, key.text)
    case 'body':
    case 'text':
      return message.octets.includes(key.text)
    case 'date':
      return key.of !== 'saved' && isOnDay(message.internalDateMs, key.relation, key.dayMs)
    case 'older':
      return message.internalDateMs <= NOW_MS - key.seconds * 1000
    case 'younger':
      return message.internalDateMs >= NOW_MS - key.seconds * 1000
    case 'larger':
      return message.octets.length > key.octets
    case 'smaller':
      return message.octets.length < key.octets
    case 'modseq':
      return BigInt(message.modseq) >= key.modseq
    default:
      return false // no \\Recent, no numbers, which are UIDs by now, and no ids that anybody asks for
  }
}

function isOnDay(ms: number, relation: 'before' | 'on' | 'since', dayMs: number): boolean {
  if (relation === 'before') return ms < dayMs
  return ms >= dayMs && (relation === 'since' || ms < dayMs + DAY_MS)
}

function hasField({ octets }: MemoryMessage, name: string, text: string): boolean {
  const lines = octets.toString().split('\r\n\r\n', 1)[0]?.split('\r\n') ?? []
  const field = lines.find(line => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return field?.slice(name.length + 1).includes(text) ?? false
}

/** Orders messages; criteria other than SUBJECT and SIZE leave them as they are. */
export function sorted(messages: readonly MemoryMessage[], criteria: readonly SortCriterion[]): MemoryMessage[] {
  return messages.toSorted((left, right) => {
    for (const { key, isReverse } of criteria) {
      const [a, b] = key === 'SIZE' ? [left.octets.length, right.octets.length] : [subjectOf(left), subjectOf(right)]
      if ((key === 'SUBJECT' || key === 'SIZE') && a !== b) return a < b === isReverse ? 1 : -1
    }
    return left.uid - right.uid
  })
}

function subjectOf({ octets }: MemoryMessage): string {
  return /^Subject: (.*)\r$/m.exec(octets.toString())?.[1] ?? ''
}
