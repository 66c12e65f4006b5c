import type { CommandReader } from '../command-reader.ts'
import { readBareFlags, readFlagList } from './flags.ts'
import { readSequenceSet, type SequenceSet } from './sequence-set.ts'

/** STORE and UID STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3). */
export interface StoreCommand {
  readonly kind: 'store'
  readonly isUid: boolean
  readonly messages: SequenceSet
  readonly action: 'add' | 'remove' | 'replace'
  readonly isSilent: boolean
  readonly flags: readonly string[]
  readonly unchangedSince: bigint | undefined
}

/** Reads what follows STORE. */
export function readStore(reader: CommandReader, isUid: boolean): StoreCommand {
  const messages = readSequenceSet(reader)
  reader.space()
  const unchangedSince = readUnchangedSince(reader)
  const action = reader.skip('+') ? 'add' : reader.skip('-') ? 'remove' : 'replace'
  const isSilent = reader.oneOf(['FLAGS', 'FLAGS.SILENT'], 'data item of STORE') === 'FLAGS.SILENT'
  reader.space()
  const flags = reader.next === '(' ? readFlagList(reader) : readBareFlags(reader)
  return { kind: 'store', isUid, messages, action, isSilent, flags, unchangedSince }
}

function readUnchangedSince(reader: CommandReader): bigint | undefined {
  if (reader.next !== '(') return undefined
  const [modseq] = reader.list(() => {
    reader.expect('UNCHANGEDSINCE ')
    return reader.modseq()
  })
  reader.space()
  return modseq
}
