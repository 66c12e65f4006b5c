import type { SearchKey } from '../../../formats/imap/command/arguments/search-key.ts'
import type { SequenceSet } from '../../../formats/imap/command/arguments/sequence-set.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import type { OpenMailbox } from '../../mailbox/open-mailbox.ts'

/**
 * Puts UIDs in the place of message numbers, of `*` and of `$`, which only the session knows.
 *
 * @throws {BadCommand} when a message number is not there
 */
export function uidSearchKey(key: SearchKey, open: OpenMailbox): SearchKey {
  switch (key.kind) {
    case 'and':
      return { kind: 'and', keys: key.keys.map(inner => uidSearchKey(inner, open)) }
    case 'or':
      return { kind: 'or', left: uidSearchKey(key.left, open), right: uidSearchKey(key.right, open) }
    case 'not':
      return { kind: 'not', key: uidSearchKey(key.key, open) }
    case 'numbers':
    case 'uids': {
      const numbers = UidSet.of(open.uidsOf(key.messages, key.kind === 'uids'))
      const messages: SequenceSet = { kind: 'numbers', numbers, fromOrLast: undefined }
      return { kind: 'uids', messages }
    }
    default:
      return key
  }
}

/** Tells whether a key asks for mod-sequences, so that the answer has one (RFC 7162 section 3.1.5). */
export function usesModseq(key: SearchKey): boolean {
  return hasPart(key, part => part.kind === 'modseq')
}

/** Tells whether a key names messages by their numbers. */
export function usesNumbers(key: SearchKey): boolean {
  return hasPart(key, part => part.kind === 'numbers' && part.messages.kind === 'numbers')
}

function hasPart(key: SearchKey, isIt: (part: SearchKey) => boolean): boolean {
  switch (key.kind) {
    case 'and':
      return key.keys.some(part => hasPart(part, isIt))
    case 'or':
      return hasPart(key.left, isIt) || hasPart(key.right, isIt)
    case 'not':
      return hasPart(key.key, isIt)
    default:
      return isIt(key)
  }
}
