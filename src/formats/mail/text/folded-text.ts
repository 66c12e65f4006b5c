const NOT_ASCII = /[^\0-\x7f]/
const ASCII_BLANKS = /[\0-\x1f\x7f][\0-\x20\x7f]*| [\0-\x20\x7f]+/g // a single space stays as it is
const BLANKS = /[\s\p{Cc}]+/gu
// Combining marks of Latin, Greek and Cyrillic (those of kana and Hangul make other letters), and what has no width.
const UNSEEN = /[\u0300-\u036f\u00ad\u061c\u200b-\u200f\u2060\ufeff]/g

/**
 * Makes texts that people take for the same the same: case, accents, composed or not, width, and any blanks between words.
 * A text is found in another one when its folded form is a part of the other's. Has no line ends, so that these can separate
 * folded texts.
 */
export function foldText(text: string): string {
  if (!NOT_ASCII.test(text)) return text.replace(ASCII_BLANKS, ' ').toUpperCase()
  const letters = text.toWellFormed().normalize('NFKD').replace(UNSEEN, '')
  // Upper case, since lower case has two letters for one sigma, and none for ß.
  return letters.toUpperCase().normalize('NFC').replace(BLANKS, ' ')
}
