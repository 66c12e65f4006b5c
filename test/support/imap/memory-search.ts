import type { SortCriterion } from '../../../src/formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import { unpackFlags } from '../../../src/store/flags.ts'
import type { MemoryMessage } from './memory-mailbox.ts'

/** Tells whether a message matches; of keys only those that tests use. */
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
    case 'larger':
      return message.octets.length > key.octets
    case 'modseq':
      return BigInt(message.modseq) >= key.modseq
    case 'recent':
      return false
    default:
      throw new Error(`the memory account cannot search by ${key.kind}`)
  }
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
