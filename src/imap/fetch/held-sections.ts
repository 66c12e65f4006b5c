import type { BodySectionText } from '../../formats/imap/command/arguments/body-section.ts'
import { literalHead } from '../../formats/imap/response-encoder.ts'
import { withoutNuls } from '../../formats/imap/server-string.ts'
import { HeaderEnd } from '../../formats/mail/structure/header-end.ts'
import { headerFilter } from '../../formats/mail/structure/header-filter.ts'
import type { OctetPart } from '../backend.ts'
import { type OctetItem, octetItemName, rangeSpan } from './section-source.ts'
import type { WireBatch } from './wire-batch.ts'

/** Takes a section out of a message. */
type Cut = (message: HeldMessage) => Buffer

interface NamedCut {
  readonly name: string
  readonly cut: Cut
}

/**
 * Sections of messages of which the octets are held already, written without waiting: somebody who lists a folder wants
 * some fields of each header, tens of thousands of times.
 */
export class HeldSections {
  readonly #part: OctetPart
  readonly #cuts: readonly NamedCut[]

  private constructor(part: OctetPart, cuts: readonly NamedCut[]) {
    this.#part = part
    this.#cuts = cuts
  }

  /** Undefined when an item needs more than the octets. */
  static of(items: readonly OctetItem[], part: OctetPart): HeldSections | undefined {
    const cuts = items.map(item => {
      const cut = cutOf(item)
      return cut && { name: octetItemName(item), cut }
    })
    return cuts.every(cut => cut !== undefined) ? new HeldSections(part, cuts) : undefined
  }

  /** Writes the items of a message, with a blank between them; stops after each, so that the batch can be sent. */
  *write(held: Buffer, batch: WireBatch): Generator<void, void> {
    const message = new HeldMessage(held, this.#part)
    let separator = ''
    for (const { name, cut } of this.#cuts) {
      const octets = withoutNuls(cut(message))
      batch.add(`${separator}${name} ${literalHead(octets.length)}`)
      batch.addOctets(octets)
      separator = ' '
      yield
    }
  }
}

/** The octets of a message, and its header, which is looked for when it is needed. */
class HeldMessage {
  readonly octets: Buffer
  readonly #part: OctetPart
  #header: Buffer | undefined

  constructor(octets: Buffer, part: OctetPart) {
    this.octets = octets
    this.#part = part
  }

  get header(): Buffer {
    this.#header ??= this.#part === 'whole' ? this.octets.subarray(0, new HeaderEnd().push(this.octets)) : this.octets
    return this.#header
  }
}

function cutOf(item: OctetItem): Cut | undefined {
  if (item.kind !== 'body' || item.section.path.length > 0) return undefined
  const cut = cutOfText(item.section.text)
  const { start, end } = rangeSpan(item.range)
  return item.range ? message => cut(message).subarray(start, end) : cut
}

function cutOfText(text: BodySectionText | undefined): Cut {
  if (!text) return ({ octets }) => octets
  if (text.kind === 'TEXT') return ({ octets, header }) => octets.subarray(header.length)
  if (!('names' in text)) return ({ header }) => header
  const filter = headerFilter(text)
  return ({ header }) => filter(header)
}
