const MAX_QUOTED_OCTETS = 1024

/** A piece of a command: text for the line, or octets that must travel as a literal. */
export type CommandPart = string | { readonly literal: Buffer } | { readonly stream: LiteralStream }

/** A literal that is read while it is sent. */
export interface LiteralStream {
  readonly octets: number
  readonly chunks: () => Iterable<Buffer>
}

/** Writes an astring: quoted where that is possible, else a literal (RFC 9051 section 4.3). */
export function astring(text: string): CommandPart {
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= MAX_QUOTED_OCTETS) {
    return `"${text.replace(/[\\"]/g, character => `\\${character}`)}"`
  }
  return { literal: Buffer.from(text) }
}

/** Tells whether a text can stand in a command line as it is; nothing else may be put there. */
export function isAtom(text: string): boolean {
  return /^[^\x00-\x20\x7f-\uffff(){%*"\\\]]+$/.test(text)
}
