import { HeaderEnd } from '../../formats/mail/structure/header-end.ts'
import type { MessageStructure } from '../../formats/mail/structure/part.ts'
import { findSection, type Section } from '../../formats/mail/structure/section.ts'
import { type ImapAccount, ImapRefusal, type MessageRow, type OctetPart, type OctetSpan } from '../backend.ts'
import { END_FACTS } from './fetch-needs.ts'
import { type FetchedMessage, readRows } from './fetched-message.ts'
import { exactly, type OctetStream } from './octet-stream.ts'

const FIRST_HEADER_OCTETS = 16_384 // most headers are shorter
const MAX_HELD_HEADER_OCTETS = 1_048_576 // whose fields are looked at; of a longer header the rest is not

/** Which message's octets are read. */
export interface MessageSource {
  readonly mailbox: number
  readonly message: FetchedMessage
  /** What of it was read ahead; undefined when it is to be read now. */
  readonly held: Buffer | undefined
  readonly part: OctetPart | undefined
}

type MessageEnd = Pick<MessageRow, (typeof END_FACTS)[number]>

/** The octets of one message, and where its sections are. */
export class MessageOctets {
  readonly #account: ImapAccount
  readonly #mailbox: number
  readonly #message: FetchedMessage
  #structure: MessageStructure | undefined
  #end: MessageEnd | undefined
  readonly #whole: Buffer | undefined
  #header: { readonly end: number; readonly held: Buffer } | undefined

  constructor(account: ImapAccount, { mailbox, message, held, part }: MessageSource) {
    this.#account = account
    this.#mailbox = mailbox
    this.#message = message
    this.#structure = message.details?.structure
    this.#end = held && part === 'whole' ? { isWhole: true, size: held.length } : message.row
    if (held && part === 'header') this.#header = { end: held.length, held }
    if (held && part === 'whole') this.#whole = held
  }

  /** Whether all of it must be fetched from the server before it can be told. */
  async isAway(): Promise<boolean> {
    return !this.#structure && (await this.#findEnd())?.isWhole === false
  }

  /** Undefined when it was not read. */
  get structure(): MessageStructure | undefined {
    return this.#structure
  }

  /** Reads exactly the octets of a span. */
  async *read(span: OctetSpan): AsyncGenerator<Buffer> {
    if (span.start >= span.end) return
    const held = this.#whole ?? this.#header?.held
    if (held && span.end <= held.length) yield held.subarray(span.start, span.end)
    else yield* exactly(this.#octets(span), span.end - span.start)
  }

  /**
   * Finds a section; undefined when there is none. The header, the text and all of a message are found without its
   * structure, which is dear: somebody who lists a folder wants some fields of each header.
   */
  async find(section: Section): Promise<OctetSpan | undefined> {
    const { path, text } = section
    if (path.length === 0 && !this.#structure) {
      if (text?.kind !== 'TEXT' && text) return { start: 0, end: (await this.#readHeader()).end }
      const end = await this.#readEnd()
      // A message that was not here has a structure now.
      if (!this.#structure) return { start: text ? (await this.#readHeader()).end : 0, end }
    }
    if (!this.#structure) throw new Error('a section needs the structure of a message, which was not read')
    return findSection(this.#structure, section)
  }

  /** Reads a header for whoever looks at its fields: no more than 1 MiB of it, in whole lines. */
  async header({ start, end }: OctetSpan): Promise<Buffer> {
    const length = Math.min(end - start, MAX_HELD_HEADER_OCTETS)
    const octets = await collected(this.read({ start, end: start + length }))
    return length === end - start ? octets : octets.subarray(0, octets.lastIndexOf('\n') + 1)
  }

  /** Where the message ends. What a row tells of a message that is not here was never counted. */
  async #readEnd(): Promise<number> {
    const end = await this.#findEnd()
    if (!end) throw gone()
    if (end.isWhole) return end.size
    this.#structure = await this.#readStructure()
    return this.#structure.root.body.end
  }

  /** Most messages are held: rows are not read for them all. Undefined when it is gone. */
  async #findEnd(): Promise<MessageEnd | undefined> {
    this.#end ??= (await readRows(this.#account, { ...this.#which, facts: END_FACTS })).get(this.#message.uid)
    return this.#end
  }

  get #which() {
    return { mailbox: this.#mailbox, uids: Uint32Array.of(this.#message.uid) }
  }

  async #readStructure(): Promise<MessageStructure> {
    const which = { ...this.#which, depth: 'whole', kinds: ['structure'] } as const
    for await (const [details] of this.#account.details(which)) {
      if (details?.refusal) throw details.refusal
      if (details?.structure) return details.structure
    }
    throw gone()
  }

  // In steps that grow: of a large message that lies elsewhere only its beginning is asked for.
  async #readHeader(): Promise<{ readonly end: number; readonly held: Buffer }> {
    if (this.#header) return this.#header
    if (this.#whole) return this.#headerOf(this.#whole)
    const { size } = (await this.#findEnd()) ?? { size: 0 }
    const blankLine = new HeaderEnd()
    const chunks: Uint8Array[] = []
    let end: number | undefined
    let octets = 0
    for (let until = FIRST_HEADER_OCTETS; end === undefined && octets < size; until *= 2) {
      const span = { start: octets, end: Math.min(size, until), isHeader: true }
      for await (const chunk of this.#octets(span)) {
        end ??= blankLine.push(chunk)
        if (octets < MAX_HELD_HEADER_OCTETS) chunks.push(chunk)
        octets += chunk.length
      }
      if (octets < span.end) break // what a row tells of a message that is not here may be more than there is
    }
    end ??= octets
    const held = Buffer.concat(chunks)
    this.#header = { end, held: held.subarray(0, Math.min(end, MAX_HELD_HEADER_OCTETS)) }
    return this.#header
  }

  #headerOf(whole: Buffer) {
    const end = new HeaderEnd().push(whole) ?? whole.length
    this.#header = { end, held: whole.subarray(0, end) }
    return this.#header
  }

  #octets(span: OctetSpan): AsyncIterable<Uint8Array> {
    return this.#account.octets(this.#mailbox, this.#message.uid, span)
  }
}

function gone(): ImapRefusal {
  return new ImapRefusal('EXPUNGEISSUED', 'The message is gone.')
}

async function collected(chunks: OctetStream): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
