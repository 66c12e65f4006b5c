import { Boundary } from './boundary.ts'
import { parseEnvelope } from './envelope.ts'
import type { Envelope, MessageStructure, MimePart, PartFields } from './part.ts'
import { MESSAGE, OPAQUE, PLAIN_TEXT, parsePartFields } from './part-fields.ts'

const IDENTITY: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

/** Where a part stands. */
export interface PartRole {
  /** Whether it is a message, with an envelope, or a part of a multipart. */
  readonly isMessage: boolean
  /** Whether it is a part of a multipart/digest. */
  readonly isInDigest: boolean
}

/** A part whose end has not been seen. */
export class OpenPart {
  readonly #start: number
  readonly #role: PartRole
  #fields: PartFields = { ...PLAIN_TEXT, encoding: '7bit' }
  #envelope: Envelope = {}
  #kind: MimePart['kind'] = 'leaf'
  #bodyStart = 0
  #bodyStartLines = 0
  readonly #parts: MimePart[] = []
  #message: MessageStructure | undefined
  /** Of a multipart whose closing delimiter has not been seen. */
  boundary: Boundary | undefined

  constructor(start: number, role: PartRole) {
    this.#start = start
    this.#role = role
  }

  get start(): number {
    return this.#start
  }

  get kind(): MimePart['kind'] {
    return this.#kind
  }

  get isDigest(): boolean {
    return this.#kind === 'multipart' && this.#fields.subtype === 'digest'
  }

  /** What its fields will take in a JSON text, in UTF-16 units. */
  get treeUnits(): number {
    return JSON.stringify([this.#fields, this.#envelope]).length
  }

  /** The offset before which the part cannot end. */
  get minimumEnd(): number {
    return this.#parts.at(-1)?.body.end ?? this.#bodyStart
  }

  /** Reads the header; the body begins at `bodyStart`, before which the message has `lines` line ends. */
  endHeader(
    header: Buffer,
    { bodyStart, lines, mayNest }: { bodyStart: number; lines: number; mayNest: boolean },
  ): void {
    this.#bodyStart = bodyStart
    this.#bodyStartLines = lines
    this.#fields = parsePartFields(header, this.#role.isInDigest ? MESSAGE : PLAIN_TEXT)
    if (this.#role.isMessage) this.#envelope = parseEnvelope(header)
    if (this.#fields.type === 'multipart') this.#becomeMultipart(mayNest)
    else if (isMessageType(this.#fields)) this.#becomeMessage(mayNest)
  }

  #becomeMultipart(mayNest: boolean): void {
    const value = this.#fields.parameters.find(([name]) => name === 'boundary')?.[1]
    this.boundary = mayNest ? Boundary.from(value) : undefined
    if (this.boundary) this.#kind = 'multipart'
    else this.#fields = { ...this.#fields, ...(mayNest ? PLAIN_TEXT : OPAQUE) }
  }

  // RFC 2045 section 6.4: a message in base64 is no message; where it occurs all the same it is a file.
  #becomeMessage(mayNest: boolean): void {
    if (mayNest && IDENTITY.has(this.#fields.encoding)) this.#kind = 'message'
    else this.#fields = { ...this.#fields, ...OPAQUE }
  }

  /** Makes it a file that goes to the end of the message. */
  becomeOpaque(bodyStart: number, lines: number): void {
    this.#bodyStart = bodyStart
    this.#bodyStartLines = lines
    this.#fields = { ...OPAQUE, encoding: 'binary' }
  }

  /** Takes in what was closed inside of it. */
  add(child: OpenPart, part: MimePart): void {
    this.#parts.push(part)
    if (this.#kind === 'message') this.#message = child.asMessage(part)
  }

  /** Joins what was made of this part with its envelope. */
  asMessage(root: MimePart): MessageStructure {
    return { envelope: this.#envelope, root }
  }

  /** Makes the part of what has been seen; `lines` is the number of line ends before `end`. */
  close(end: number, lines: number): MimePart {
    const place = {
      header: { start: this.#start, end: this.#bodyStart },
      body: { start: this.#bodyStart, end },
      lines: lines - this.#bodyStartLines,
    }
    if (this.#message) return { ...this.#fields, ...place, kind: 'message', message: this.#message }
    if (this.#parts.length > 0) return { ...this.#fields, ...place, kind: 'multipart', parts: this.#parts }
    // RFC 2045 section 5.2: what is no multipart, whatever it says, is shown as a text.
    const fields = this.#kind === 'multipart' ? { ...this.#fields, ...PLAIN_TEXT } : this.#fields
    return { ...fields, ...place, kind: 'leaf' }
  }
}

function isMessageType({ type, subtype }: PartFields): boolean {
  return type === 'message' && (subtype === 'rfc822' || subtype === 'global') // RFC 6532 section 3.7
}
