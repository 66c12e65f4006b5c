/** Raised when the parser says something else of the same message: what was kept under another version is made again. */
export const STRUCTURE_VERSION = 1

/**
 * Octets as a text of one character, U+0000 to U+00FF, each. JSON keeps them, and no charset is assumed: header fields may
 * have any.
 */
export type OctetString = string

/** Octets of the message, from `start` up to but not including `end`. */
export interface OctetRange {
  readonly start: number
  readonly end: number
}

/** A parameter: its name in lower case, and its value without quotes. Continuations are joined (RFC 2231 section 3). */
export type Parameter = readonly [name: OctetString, value: OctetString]

/** How a part is to be shown (RFC 2183). */
export interface Disposition {
  /** In lower case. */
  readonly type: OctetString
  readonly parameters: readonly Parameter[]
}

/** What an address list holds: name, route, mailbox, host, as RFC 9051 section 7.5.2 wants them; null is NIL. */
export type EnvelopeAddress = readonly [
  name: OctetString | null,
  route: OctetString | null,
  mailbox: OctetString | null,
  host: OctetString | null,
]

/** The fields of an ENVELOPE (RFC 9051 section 7.5.2), as they stand in the header; what is absent or empty is left out. */
export interface Envelope {
  readonly date?: OctetString
  readonly subject?: OctetString
  readonly from?: readonly EnvelopeAddress[]
  /** Left out when it is the same as `from`. */
  readonly sender?: readonly EnvelopeAddress[]
  /** Left out when it is the same as `from`. */
  readonly replyTo?: readonly EnvelopeAddress[]
  readonly to?: readonly EnvelopeAddress[]
  readonly cc?: readonly EnvelopeAddress[]
  readonly bcc?: readonly EnvelopeAddress[]
  readonly inReplyTo?: OctetString
  readonly messageId?: OctetString
}

/** What a part's MIME fields say (RFC 2045); types, encoding and names of parameters are in lower case. */
export interface PartFields {
  readonly type: OctetString
  readonly subtype: OctetString
  readonly parameters: readonly Parameter[]
  readonly encoding: OctetString
  readonly id?: OctetString
  readonly description?: OctetString
  readonly md5?: OctetString
  readonly disposition?: Disposition
  readonly languages?: readonly OctetString[]
  readonly location?: OctetString
}

interface PartPlace extends PartFields {
  /** The header with the blank line that ends it. */
  readonly header: OctetRange
  /** The body as it is stored: encoded, without the line end that belongs to the boundary behind it. */
  readonly body: OctetRange
  /** Line ends in the body. */
  readonly lines: number
}

/** A part of a message: plain values that JSON keeps. */
export type MimePart =
  | (PartPlace & { readonly kind: 'leaf' })
  /** A multipart; it has at least one part. */
  | (PartPlace & { readonly kind: 'multipart'; readonly parts: readonly MimePart[] })
  /** A message in a message: message/rfc822 or message/global. */
  | (PartPlace & { readonly kind: 'message'; readonly message: MessageStructure })

/** What is known of a message without its octets; offsets count from the first octet of the outermost message. */
export interface MessageStructure {
  readonly envelope: Envelope
  /** The message itself as a part: its header and its body. */
  readonly root: MimePart
}
