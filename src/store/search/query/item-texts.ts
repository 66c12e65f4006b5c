import { readable } from '../../packs/readable.ts'
import type { StoreReader } from '../../reader.ts'
import type { Documents, TextPart } from '../documents.ts'
import { type MessageFacts, type MessageLinks, readMessageFacts, readMessageLinks } from '../message-facts.ts'
import { MessageOctets } from '../message-octets.ts'
import { readBodyText, readHeaderText } from '../message-texts.ts'
import { UNKNOWN } from './known-documents.ts'
import type { MailboxItems, Places } from './mailbox-items.ts'
import type { SearchBudget } from './search-budget.ts'

const MAX_KEPT_UNITS = 16_777_216 // of texts that another key may ask for as well
const EMPTY = Buffer.alloc(0)

/** What {@link ItemTexts} reads from. */
export interface TextSource {
  readonly store: StoreReader
  readonly items: MailboxItems
  /** Undefined when there is no index. */
  readonly documents: Documents | undefined
  /** What is known of places already, and to be filled in: see {@link KnownDocuments}. */
  readonly documentOf: Float64Array
  readonly budget: SearchBudget
}

/** Folded texts and facts of items: from the index, or from their octets when these are not in it. */
export class ItemTexts {
  readonly #source: TextSource
  readonly #kept = new Map<string, string>()
  #keptUnits = 0
  #together: ReadonlyMap<string, string> = new Map()

  constructor(source: TextSource) {
    this.#source = source
  }

  /** Finds the documents of places, 0 for those that have none. */
  documentsOf(places: Places): readonly number[] {
    const { items, documents, documentOf } = this.#source
    const unknown = places.filter(place => documentOf[place] === UNKNOWN)
    if (unknown.length > 0) {
      const hashes = items.texts('sha256')
      const ids = documents?.idsOf(Array.from(unknown, place => hashes[place] ?? ''))
      for (const [index, place] of unknown.entries()) documentOf[place] = ids?.[index] ?? 0
    }
    return Array.from(places, place => documentOf[place] ?? 0)
  }

  /** Finds the documents that may have a folded text; undefined when only reading them tells. */
  candidates(wanted: string, parts: readonly TextPart[]): Set<number> | undefined {
    this.#source.budget.spend()
    return this.#source.documents?.candidates(wanted, parts)
  }

  /** Reads the texts of places together that are asked for next: one by one costs ten times as much. */
  readTogether(places: Places, part: TextPart): void {
    const documents = this.documentsOf(places)
    const texts = this.#source.documents?.textsOf(documents, part)
    const together = new Map<string, string>()
    for (const [index, place] of places.entries()) {
      const text = texts?.get(documents[index] ?? 0)
      if (text !== undefined) together.set(keyOf(place, part), text)
    }
    this.#together = together
  }

  /** The folded text of a part; empty when its octets cannot be read. */
  text(place: number, part: TextPart): string {
    const key = keyOf(place, part)
    const known = this.#kept.get(key) ?? this.#together.get(key)
    if (known !== undefined) return known
    const text = this.#read(place, part)
    this.#keptUnits += text.length
    if (this.#keptUnits <= MAX_KEPT_UNITS) this.#kept.set(key, text)
    return text
  }

  #read(place: number, part: TextPart): string {
    this.#source.budget.spend()
    const [document] = this.documentsOf(Uint32Array.of(place))
    const indexed = document && this.#source.documents?.textsOf([document], part).get(document)
    if (typeof indexed === 'string') return indexed
    if (part === 'header') return readHeaderText(this.rawHeader(place))
    return this.#readable(place, '', octets => readBodyText(octets.structure(), octets.source))
  }

  /** The octets of the header; none when they cannot be read. */
  rawHeader(place: number): Buffer {
    this.#source.budget.spend()
    return this.#readable(place, EMPTY, octets => octets.header())
  }

  /** The facts of items, in the order of the places. */
  facts(places: Places): readonly MessageFacts[] {
    const ids = this.documentsOf(places)
    const known = this.#source.documents?.factsOf([...new Set(ids)])
    return Array.from(places, (place, index) => known?.get(ids[index] ?? 0) ?? readMessageFacts(this.rawHeader(place)))
  }

  /** The links of items, in the order of the places. */
  links(places: Places): readonly MessageLinks[] {
    const ids = this.documentsOf(places)
    const known = this.#source.documents?.linksOf([...new Set(ids)])
    return Array.from(places, (place, index) => known?.get(ids[index] ?? 0) ?? readMessageLinks(this.rawHeader(place)))
  }

  #readable<Value>(place: number, none: Value, read: (octets: MessageOctets) => Value): Value {
    const { store, items } = this.#source
    const location = store.searched.findOctets(items.numbers('id')[place] ?? 0, items.texts('sha256')[place] ?? '')
    if (!location) return none
    return readable(() => read(new MessageOctets(store, location))) ?? none // reading the message tells of it
  }
}

function keyOf(place: number, part: TextPart): string {
  return `${place} ${part}`
}
