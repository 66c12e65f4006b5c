/** A reply of an SMTP server (RFC 5321 section 4.2): its code, and the text of each line, enhanced code included. */
export interface SmtpReply {
  readonly code: number
  readonly lines: readonly string[]
}

const MAX_LINE_CHARS = 500 // RFC 5321 section 4.5.3.1.5: 512 octets with code and line end

/** Makes a reply of one line. */
export function smtpReply(code: number, text: string): SmtpReply {
  return { code, lines: [text] }
}

/** Writes a reply for the wire. What another server said is made harmless: printable ASCII, no line ends. */
export function encodeSmtpReply({ code, lines }: SmtpReply): string {
  const texts = lines.length === 0 ? [''] : lines
  return texts.map((text, index) => `${code}${index === texts.length - 1 ? ' ' : '-'}${harmless(text)}\r\n`).join('')
}

function harmless(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_LINE_CHARS)
}

/** Tells whether a reply is of the class 2 or 3: the command was taken. */
export function isPositive({ code }: SmtpReply): boolean {
  return code >= 200 && code < 400
}
