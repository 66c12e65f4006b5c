import { bodyStructureOctets } from '../../formats/imap/structure/body-structure.ts'
import { envelopeOctets } from '../../formats/imap/structure/envelope-text.ts'
import type { MessageStructure } from '../../formats/mail/structure/part.ts'
import { preview } from '../../formats/mail/text/preview.ts'
import type { MessageOctets } from './message-octets.ts'

/** What can be asked of how a message is made. */
export type DetailKind = 'envelope' | 'bodyStructure' | 'structure' | 'preview'

/** How a message is made; undefined what was not asked for. */
export interface MadeDetails {
  /** What stands behind ENVELOPE in a response of IMAP, one character for each octet. */
  readonly envelope: string | undefined
  /** The same behind BODYSTRUCTURE. */
  readonly bodyStructure: string | undefined
  readonly structure: MessageStructure | undefined
  /** Empty when there is nothing to show. */
  readonly preview: string | undefined
}

/** How an item is made. Of one of which only the header is here, the envelope alone is right. */
export interface ItemDetails extends MadeDetails {
  readonly uid: number
  /** Its octets are damaged: nothing is known of it. */
  readonly isUnreadable?: true
}

/** What is known of a message whose octets cannot be read. */
export const UNREADABLE = {
  ...{ envelope: undefined, bodyStructure: undefined, structure: undefined, preview: undefined },
  isUnreadable: true,
} as const

/** Makes all of them at once from octets. */
export function readDetails(octets: MessageOctets): { [Kind in DetailKind]: NonNullable<MadeDetails[Kind]> } {
  const structure = octets.structure()
  return {
    envelope: envelopeOctets(structure.envelope),
    bodyStructure: bodyStructureOctets(structure.root, 'BODYSTRUCTURE'),
    structure,
    preview: preview(structure, octets.source),
  }
}

/** Leaves those that are wanted. */
export function pickDetails(details: MadeDetails, kinds: readonly DetailKind[]): MadeDetails {
  const wanted = new Set(kinds)
  return {
    envelope: wanted.has('envelope') ? details.envelope : undefined,
    bodyStructure: wanted.has('bodyStructure') ? details.bodyStructure : undefined,
    structure: wanted.has('structure') ? details.structure : undefined,
    preview: wanted.has('preview') ? details.preview : undefined,
  }
}
