import type { SearchKey } from '../../formats/imap/command/arguments/search-key.ts'
import { collectFields } from '../../formats/mail/structure/header-fields.ts'
import { parseMimeTree } from '../../formats/mail/structure/mime-tree.ts'
import type { EnvelopeAddress, MessageStructure, OctetRange } from '../../formats/mail/structure/part.ts'
import { addressText, headerText } from '../../formats/mail/text/header-text.ts'
import { searchBodyText } from '../../formats/mail/text/search-text.ts'
import type { MailboxItem } from '../queries/mailbox-views.ts'
import type { StoreReader } from '../reader.ts'

const DAY_MS = 86_400_000

/** A message that is searched; what is asked of it is read once, when it is first asked for. */
export class SearchedMessage {
  readonly item: MailboxItem
  readonly #store: StoreReader
  #structure: MessageStructure | undefined
  #header: Buffer | undefined
  #bodyText: string | undefined

  constructor(store: StoreReader, item: MailboxItem) {
    this.#store = store
    this.item = item
  }

  get structure(): MessageStructure {
    this.#structure ??= parseMimeTree(this.#store.body(this.item.location))
    return this.#structure
  }

  /** The values of a header field, decoded; empty when it is not there. */
  field(name: string): readonly string[] {
    const values = collectFields(this.#headerOctets(), new Set([name.toLowerCase()])).get(name.toLowerCase())
    return values?.map(headerText) ?? []
  }

  addresses(field: (SearchKey & { kind: 'address' })['field']): readonly EnvelopeAddress[] {
    return this.structure.envelope[field] ?? []
  }

  addressTexts(field: (SearchKey & { kind: 'address' })['field']): readonly string[] {
    return this.addresses(field).map(addressText)
  }

  get subject(): string {
    return headerText(this.structure.envelope.subject ?? '')
  }

  /** All of the header, decoded. */
  get headerText(): string {
    return headerText(this.#headerOctets().toString('latin1'))
  }

  /** The text parts, decoded. */
  get bodyText(): string {
    this.#bodyText ??= [...searchBodyText(this.structure, range => this.#octets(range))].join('\n')
    return this.#bodyText
  }

  /** When it was sent, in ms since the epoch; else when it came (RFC 5256 section 2.2). */
  get sentMs(): number {
    const ms = Date.parse(this.structure.envelope.date?.replace(/\([^()]*\)/g, ' ') ?? '')
    return Number.isNaN(ms) ? this.item.internalDateMs : ms
  }

  /** 00:00 UTC of the day on which it came. */
  get arrivalDayMs(): number {
    return Math.floor(this.item.internalDateMs / DAY_MS) * DAY_MS
  }

  /** 00:00 UTC of the day that the Date field names, whatever its zone is; undefined without one. */
  get sentDayMs(): number | undefined {
    const [, day, month, year] =
      /(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{2,4})/.exec(this.structure.envelope.date ?? '') ?? []
    const ms = Date.parse(`${day} ${month} ${year} 00:00:00 GMT`)
    return Number.isNaN(ms) ? undefined : ms - (ms % DAY_MS)
  }

  #headerOctets(): Buffer {
    this.#header ??= Buffer.concat([...this.#octets(this.structure.root.header)])
    return this.#header
  }

  *#octets({ start, end }: OctetRange): Generator<Buffer> {
    let at = 0
    for (const chunk of this.#store.body(this.item.location)) {
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at))
      at += chunk.length
      if (part.length > 0) yield part
      if (at >= end) return
    }
  }
}
