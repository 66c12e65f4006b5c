import type { MessageFlags } from '../../store/flags.ts'
import { flagsText } from './flags-text.ts'

/** What a FETCH response tells of a message's flags; absent parts are not told. */
export interface FlagsToTell {
  readonly uid: number | undefined
  readonly flags: MessageFlags | undefined
  readonly modseq: number | undefined
}

/** Writes a FETCH response about flags (RFC 9051 section 7.5.2, RFC 7162 section 3.1.4). */
export function flagsResponse(number: number, { uid, flags, modseq }: FlagsToTell): string {
  const items = [
    ...(uid === undefined ? [] : [`UID ${uid}`]),
    ...(flags === undefined ? [] : [`FLAGS ${flagsText(flags)}`]),
    ...(modseq === undefined ? [] : [`MODSEQ (${modseq})`]),
  ]
  return `* ${number} FETCH (${items.join(' ')})\r\n`
}
