import { FieldReader } from './field-reader.ts'
import { trimmed } from './header-fields.ts'
import type { EnvelopeAddress, OctetString } from './part.ts'

const TEXT = /[^\s"(),:;<>@[\\=]+|=/y
const DOMAIN_LITERAL = /\[[^\]\r\n]*\]?/y
const ROUTE = /@[^\s@,:<>"()]*(?:[ \t]*,[ \t]*@[^\s@,:<>"()]*)*[ \t]*:/y // RFC 5322 section 4.4
const AFTER_ANGLE = /[^,;"(]+/y
const GROUP_END: EnvelopeAddress = [null, null, null, null]

/**
 * Reads an address list as RFC 9051 section 7.5.2 shows it: quotes are taken off, encoded words stay, groups have a start
 * and an end of their own. What is no address is a mailbox without a host, which is an empty text then, since NIL would
 * make it a group.
 */
export function parseAddresses(text: OctetString): EnvelopeAddress[] {
  const list = new AddressList(new FieldReader(text))
  list.read()
  return list.addresses
}

class AddressList {
  readonly addresses: EnvelopeAddress[] = []
  readonly #reader: FieldReader
  #isInGroup = false
  #words = new Words()

  constructor(reader: FieldReader) {
    this.#reader = reader
  }

  read(): void {
    while (this.#reader.next !== '') this.#one()
    this.#endAddress()
    this.#endGroup()
  }

  #one(): void {
    const { next } = this.#reader
    if (next === '<') this.#angleAddress()
    else if (next === ',') this.#separator()
    else if (next === ';') this.#separator(true)
    else if (next === ':' && !this.#isInGroup && !this.#words.hasAt) this.#startGroup()
    else this.#words.read(this.#reader)
  }

  // Outlook users separate addresses with semicolons as well.
  #separator(endsGroup = false): void {
    this.#reader.skip()
    this.#endAddress()
    if (endsGroup) this.#endGroup()
  }

  #startGroup(): void {
    this.#reader.skip()
    this.addresses.push([null, null, this.#words.phrase, null])
    this.#isInGroup = true
    this.#words = new Words()
  }

  #endGroup(): void {
    if (this.#isInGroup) this.addresses.push(GROUP_END)
    this.#isInGroup = false
  }

  #endAddress(): void {
    const words = this.#words
    this.#words = new Words()
    if (words.isEmpty) return
    this.addresses.push([words.comment ?? null, null, ...words.mailboxAndHost])
  }

  #angleAddress(): void {
    this.#reader.skip()
    const name = this.#words.phrase || this.#words.comment
    const route = this.#reader.take(ROUTE).slice(0, -1).replace(/[ \t]/g, '')
    this.#words = new Words()
    while (!['', '>', ','].includes(this.#reader.next)) this.#words.read(this.#reader)
    this.addresses.push([name || null, route || null, ...this.#words.mailboxAndHost])
    this.#words = new Words()
    this.#afterAngle()
  }

  // What stands between an address and the next comma belongs to nobody.
  #afterAngle(): void {
    while (!['', ',', ';'].includes(this.#reader.next)) {
      if (this.#reader.next === '(') this.#reader.comment()
      else if (this.#reader.next === '"') this.#reader.quotedString()
      else this.#reader.take(AFTER_ANGLE)
    }
  }
}

/** The words of an address that is not complete yet. */
class Words {
  /** Texts without their quotes, and blanks between them. */
  readonly #pieces: OctetString[] = []
  #lastAt = -1
  comment: OctetString | undefined

  get isEmpty(): boolean {
    return this.#pieces.every(piece => piece === ' ')
  }

  get hasAt(): boolean {
    return this.#lastAt !== -1
  }

  /** A display name: blanks, comments and folds are one blank each. */
  get phrase(): OctetString {
    return trimmed(this.#pieces.join(''))
  }

  get mailboxAndHost(): [OctetString, OctetString] {
    if (this.#lastAt === -1) return [this.phrase, '']
    const mailbox = this.#pieces.slice(0, this.#lastAt).join('')
    const host = this.#pieces.slice(this.#lastAt + 1).join('')
    return [trimmed(mailbox), host.replaceAll(' ', '')]
  }

  read(reader: FieldReader): void {
    if (reader.blanks()) this.#blank()
    else if (reader.next === '(') {
      this.comment = reader.comment() || this.comment
      this.#blank()
    } else if (reader.next === '"') this.#pieces.push(reader.quotedString())
    else if (reader.next === '@') {
      reader.skip()
      this.#lastAt = this.#pieces.push('@') - 1
    } else this.#text(reader)
  }

  #text(reader: FieldReader): void {
    const text = reader.encodedWord() || reader.take(DOMAIN_LITERAL) || reader.take(TEXT)
    if (text !== '') this.#pieces.push(text)
    else {
      if (reader.next !== '<') this.#pieces.push(reader.next)
      reader.skip()
    }
  }

  #blank(): void {
    if (this.#pieces.length > 0 && this.#pieces.at(-1) !== ' ') this.#pieces.push(' ')
  }
}
