import { literalHead } from '../../formats/imap/response-encoder.ts'
import type { MessageOctets } from './message-octets.ts'
import { exactly, type OctetStream } from './octet-stream.ts'
import { OpenOctets } from './open-octets.ts'
import { findSectionSource, type OctetItem, octetItemName, type SectionSource } from './section-source.ts'

const MAX_HELD_OCTETS = 131_072 // of the sections of one message together; what is more is read when it is sent

/** A section as it is told. */
export interface PreparedSection {
  /** The name, and the value or the head of its literal. */
  readonly text: string
  /** The octets of the literal; undefined when they are too many to be held. */
  readonly held: readonly Buffer[] | undefined
  /** Reads them, exactly as many as the head says. */
  readonly open: () => OctetStream
}

/**
 * The sections of a message that is about to be told. All that can be refused is refused while they are prepared: small
 * ones are read, and of large ones the first octets, so that nothing of the response has been sent yet. No more than one of
 * them is open at a time: a backend may have but one reader.
 */
export class PreparedSections implements AsyncDisposable {
  readonly sections: readonly PreparedSection[]
  readonly #opened: OpenOctets | undefined

  private constructor(sections: readonly PreparedSection[], opened: OpenOctets | undefined) {
    this.sections = sections
    this.#opened = opened
  }

  /**
   * Prepares sections.
   *
   * @throws {ImapRefusal} UNKNOWN-CTE, and as the backend does
   */
  static async prepare(message: MessageOctets, items: readonly OctetItem[]): Promise<PreparedSections> {
    const sections: PreparedSection[] = []
    let mayHold = MAX_HELD_OCTETS
    for (const item of items) {
      const section = await prepareSection(message, item, mayHold)
      for (const chunk of section.held ?? []) mayHold -= chunk.length
      sections.push(section)
    }
    const [first, ...others] = sections.filter(({ held }) => !held)
    for (const { open } of others) await tryOpen(open())
    const opened = first && (await OpenOctets.open(first.open()))
    const told = sections.map(section =>
      section === first && opened ? { ...section, open: () => opened.chunks() } : section,
    )
    return new PreparedSections(told, opened)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened?.[Symbol.asyncDispose]()
  }
}

async function prepareSection(message: MessageOctets, item: OctetItem, mayHold: number): Promise<PreparedSection> {
  const source = await findSectionSource(message, item)
  const name = octetItemName(item)
  if (item.kind === 'binary-size') return withoutOctets(`${name} ${source ? (await measure(source, 0)).octets : 0}`)
  if (!source) return withoutOctets(`${name} NIL`)
  const { octets, held } = await measure(source, mayHold)
  const text = `${name} ${literalHead(octets, item.kind === 'binary')}`
  return { text, held, open: () => exactly(source.open(), octets) }
}

function withoutOctets(text: string): PreparedSection {
  return { text, held: [], open: () => exactly(none(), 0) }
}

async function* none(): AsyncGenerator<Buffer> {
  yield* []
}

/** Counts octets, and keeps them if they are not too many. */
async function measure({ octets: known, open }: SectionSource, mayHold: number) {
  if (known !== undefined && known > mayHold) return { octets: known, held: undefined }
  let octets = 0
  let held: Buffer[] | undefined = []
  for await (const chunk of open()) {
    octets += chunk.length
    if (octets > mayHold) held = undefined
    held?.push(chunk)
  }
  return { octets, held }
}

async function tryOpen(stream: OctetStream): Promise<void> {
  const opened = await OpenOctets.open(stream)
  await opened[Symbol.asyncDispose]()
}
