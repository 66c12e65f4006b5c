import { notExpressible } from './not-expressible.ts'

/** The ANSI code pages of Windows with one octet a character, by the languages they are for. */
export const CODE_PAGES = [874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258] as const

/** The number of an ANSI code page. */
export type CodePage = (typeof CODE_PAGES)[number]

const FIRST_OF_ITS_OWN = 0x80 // below, all of them are ASCII

/**
 * Encodes a text in an ANSI code page of Windows, by the platform's own decoder read backwards.
 *
 * @throws {PosternError} OUTLOOK_NOT_EXPRESSIBLE for a character that the code page does not have
 */
export function encodeAnsi(text: string, codePage: CodePage): Buffer {
  const table = tableOf(codePage)
  const octets = Buffer.alloc(text.length)
  let length = 0
  for (const character of text) {
    const octet = character < '\x80' ? character.charCodeAt(0) : table.get(character)
    if (octet === undefined) throw missing(character, codePage)
    octets[length++] = octet
  }
  return octets.subarray(0, length)
}

function tableOf(codePage: CodePage): ReadonlyMap<string, number> {
  const decoder = new TextDecoder(`windows-${codePage}`)
  const octets = Array.from({ length: 256 - FIRST_OF_ITS_OWN }, (_, index) => FIRST_OF_ITS_OWN + index)
  // The decoder maps what a code page leaves out to control characters, or to U+FFFD: these are no text.
  return new Map(
    octets.map(octet => [decoder.decode(Buffer.of(octet)), octet] as const).filter(([text]) => isText(text)),
  )
}

function isText(character: string): boolean {
  return character >= '\xa0' && character !== '\ufffd'
}

function missing(character: string, codePage: CodePage) {
  return notExpressible(
    `${JSON.stringify(character)} is not in Windows’ code page ${codePage}, which the file is written in.`,
    'Give the code page of the Windows machine with --code-page, or write the name without that letter.',
  )
}
