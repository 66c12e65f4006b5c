import type { MessageStructure, MimePart } from '../structure/part.ts'
import { isShown, leafParts, type OctetSource, partText } from './part-text.ts'

const MAX_CHARACTERS = 200 // RFC 8970 section 3
const MAX_PARTS = 5 // of each kind: more are looked at by whoever opens the message
const MAX_OCTETS: Readonly<Record<string, number>> = {
  plain: 16_384,
  html: 262_144, // a newsletter begins with its style sheets
}
const BLANKS = /(?:[\s\p{Cc}\p{Cf}]|\u034f)+/gu // and what has no width: newsletters pad their first line with it

/**
 * Writes what PREVIEW shows (RFC 8970): the first 200 characters of the plain text, or else of the HTML, in one line. Empty
 * when a message has no text.
 */
export function preview(message: MessageStructure, source: OctetSource): string {
  const texts = [...leafParts(message, false)].filter(part => part.type === 'text' && isShown(part))
  for (const part of [...ofKind(texts, 'plain'), ...ofKind(texts, 'html')]) {
    const text = partText(part, source, MAX_OCTETS[part.subtype] ?? 0)
      .replace(BLANKS, visible)
      .trim()
    if (text !== '') return firstCharacters(text)
  }
  return ''
}

function ofKind(parts: readonly MimePart[], subtype: string): MimePart[] {
  return parts.filter(part => part.subtype === subtype).slice(0, MAX_PARTS)
}

// A joiner in a word, or in an emoji, is no blank.
function visible(blanks: string): string {
  return /[\s\p{Cc}]/u.test(blanks) ? ' ' : blanks.replaceAll('\u00ad', '')
}

function firstCharacters(text: string): string {
  const characters = Array.from(text.slice(0, 2 * MAX_CHARACTERS)) // a character has one unit or two
  return characters.slice(0, MAX_CHARACTERS).join('').trim()
}
