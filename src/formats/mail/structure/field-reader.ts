import type { OctetString } from './part.ts'

const BLANKS = /[ \t\r\n]+/y
const ENCODED_WORD = /=\?[^?\s]{1,100}\?[bq]\?[^?\r\n]*\?=/iy // RFC 2047 section 2

/** Reads the words of a structured field (RFC 5322 section 3.2) from left to right; nothing makes it fail. */
export class FieldReader {
  readonly #text: OctetString
  #at = 0

  constructor(text: OctetString) {
    this.#text = text
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.#text.charAt(this.#at)
  }

  skip(): void {
    this.#at++
  }

  /** Takes what a sticky pattern matches here; empty when it does not. */
  take(pattern: RegExp): OctetString {
    pattern.lastIndex = this.#at
    const text = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += text.length
    return text
  }

  /** Takes an encoded word, whatever characters it has; empty when there is none. */
  encodedWord(): OctetString {
    return this.next === '=' ? this.take(ENCODED_WORD) : ''
  }

  /** Takes blanks; tells whether there were any. */
  blanks(): boolean {
    return this.take(BLANKS) !== ''
  }

  /** Takes blanks and comments; gives the text of the last comment. */
  blanksAndComments(): OctetString | undefined {
    let comment: OctetString | undefined
    for (;;) {
      this.blanks()
      if (this.next !== '(') return comment
      comment = this.comment()
    }
  }

  /** Takes a comment, which may nest; one without an end goes to the end of the field. */
  comment(): OctetString {
    let depth = 0
    return this.#escaped(character => {
      if (character === '(') depth++
      else if (character === ')') depth--
      return depth === 0
    })
  }

  /** Takes a quoted string and gives what it stands for; one without an end goes to the end of the field. */
  quotedString(): OctetString {
    let quotes = 0
    return this.#escaped(character => character === '"' && ++quotes === 2)
  }

  /** Takes a text that opens here, up to the character that closes it; gives what is between, without backslashes. */
  #escaped(closes: (character: string) => boolean): OctetString {
    const pieces: string[] = []
    let from = this.#at + 1
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at)
      if (character === '\\') {
        pieces.push(this.#text.slice(from, this.#at))
        from = ++this.#at
      } else if (closes(character)) break
    }
    pieces.push(this.#text.slice(from, this.#at))
    this.#at = Math.min(this.#at + 1, this.#text.length)
    return pieces.join('')
  }
}
