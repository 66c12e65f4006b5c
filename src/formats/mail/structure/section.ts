import type { MessageStructure, MimePart, OctetRange } from './part.ts'

/** What FETCH asks for in `BODY[section]` or `BINARY[section]` (RFC 9051 section 6.4.5.1). */
export interface Section {
  /** Part numbers from 1; empty for the message itself. */
  readonly path: readonly number[]
  readonly text?: SectionText
}

/** What of a part is wanted when it is not its content. */
export type SectionText =
  | { readonly kind: 'HEADER' | 'TEXT' | 'MIME' }
  | { readonly kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'; readonly names: readonly string[] }

/** A part of a message as numbers name it. */
type Place =
  /** The message as a whole. */
  { readonly kind: 'message'; readonly message: MessageStructure } | { readonly kind: 'part'; readonly part: MimePart }

/**
 * Finds the octets of a section; undefined when the message has no such section, which is answered with NIL. Of
 * HEADER.FIELDS it gives the whole header: `filterHeader` takes out what is wanted.
 */
export function findSection(message: MessageStructure, { path, text }: Section): OctetRange | undefined {
  const place = findPlace(message, path)
  if (!place) return undefined
  if (place.kind === 'message') return messageOctets(place.message, text)
  if (!text) return place.part.body
  if (text.kind === 'MIME') return place.part.header
  return place.part.kind === 'message' ? messageOctets(place.part.message, text) : undefined
}

/** Finds the part that numbers name; undefined when there is none. No numbers name the message: its root. */
export function findPart(message: MessageStructure, path: readonly number[]): MimePart | undefined {
  const place = findPlace(message, path)
  return place?.kind === 'message' ? place.message.root : place?.part
}

function findPlace(message: MessageStructure, path: readonly number[]): Place | undefined {
  let place: Place = { kind: 'message', message }
  for (const number of path) {
    const part = numbered(place.kind === 'message' ? place.message : innerMessage(place.part), number)
    if (!part) return undefined
    place = { kind: 'part', part }
  }
  return place
}

/** What numbers count in: the message in a part, or the part itself, which is seen as if it were one. */
function innerMessage(part: MimePart): MessageStructure | undefined {
  if (part.kind === 'message') return part.message
  return part.kind === 'multipart' ? { envelope: {}, root: part } : undefined
}

// A message that is no multipart has one part, 1, its body.
function numbered(message: MessageStructure | undefined, number: number): MimePart | undefined {
  const root = message?.root
  if (root?.kind === 'multipart') return root.parts[number - 1]
  return number === 1 ? root : undefined
}

function messageOctets({ root }: MessageStructure, text: SectionText | undefined): OctetRange | undefined {
  if (!text) return { start: root.header.start, end: root.body.end }
  if (text.kind === 'TEXT') return root.body
  return text.kind === 'MIME' ? undefined : root.header
}
