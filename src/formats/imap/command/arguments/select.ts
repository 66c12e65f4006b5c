import { modseqOf } from '../../modseq.ts'
import type { UidSet } from '../../uid-set.ts'
import type { CommandReader } from '../command-reader.ts'
import { readMailbox } from './mailbox.ts'
import { readKnownUids } from './sequence-set.ts'

/** SELECT and EXAMINE (RFC 9051 section 6.3.2, RFC 7162 sections 3.1.8 and 3.2.5). */
export interface SelectCommand {
  readonly kind: 'select'
  /** Whether it is EXAMINE. */
  readonly isReadOnly: boolean
  readonly mailbox: string
  readonly isCondstore: boolean
  readonly qresync: QresyncParameters | undefined
}

/** What a client knows of a mailbox from the last time. */
export interface QresyncParameters {
  readonly uidValidity: number
  readonly modseq: bigint
  /** Undefined for all UIDs. */
  readonly knownUids: UidSet | undefined
  /** Message numbers and the UIDs they had, pairwise in rising order; as many of both. */
  readonly match: { readonly numbers: UidSet; readonly uids: UidSet } | undefined
}

const DIGITS = /\d{1,20}/y

/** Reads what follows SELECT or EXAMINE. */
export function readSelect(reader: CommandReader, isReadOnly: boolean): SelectCommand {
  const mailbox = readMailbox(reader)
  let isCondstore = false
  let qresync: QresyncParameters | undefined
  if (reader.skip(' ')) {
    reader.list(() => {
      const parameter = reader.oneOf(['CONDSTORE', 'QRESYNC'], 'parameter of SELECT')
      if (parameter === 'CONDSTORE') isCondstore = true
      else qresync = readQresync(reader)
    })
  }
  return { kind: 'select', isReadOnly, mailbox, isCondstore, qresync }
}

function readQresync(reader: CommandReader): QresyncParameters {
  reader.expect(' (')
  const uidValidity = reader.number(1)
  reader.space()
  const modseq = modseqOf(reader.match(DIGITS) ?? '') ?? reader.fail('a mod-sequence is malformed')
  let knownUids: UidSet | undefined
  let match: QresyncParameters['match']
  let hasMore = reader.skip(' ')
  if (hasMore && reader.next !== '(') {
    knownUids = readKnownUids(reader)
    hasMore = reader.skip(' ')
  }
  if (hasMore) match = readMatch(reader)
  reader.expect(')')
  return { uidValidity, modseq, knownUids, match }
}

function readMatch(reader: CommandReader): QresyncParameters['match'] {
  reader.expect('(')
  const numbers = readKnownUids(reader)
  reader.space()
  const uids = readKnownUids(reader)
  reader.expect(')')
  return numbers.size === uids.size ? { numbers, uids } : reader.fail('as many numbers as UIDs are needed')
}
