import { addressParser, decodeWords } from 'postal-mime'

const CRLF_CRLF = Buffer.from('\r\n\r\n')
const LF_LF = Buffer.from('\n\n')
const MAX_FIELD_CHARS = 1000 // a list shows one line; a hostile header must not fill the database

/** What lists and searches show of a message. */
export interface HeaderSummary {
  /** The Message-ID with its angle brackets. */
  readonly messageId: string | undefined
  readonly subject: string | undefined
  /** `Name <address>`, or the address alone. */
  readonly from: string | undefined
  /** The Date field in ms since the epoch. */
  readonly dateMs: number | undefined
}

/** Reads what lists show from the beginning of a message; what is broken or absent is undefined. */
export function summarizeHeader(head: Buffer): HeaderSummary {
  const fields = new Map<string, string>()
  for (const line of unfolded(headerText(head))) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon > 0 && WANTED.has(name) && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim())
  }
  return {
    messageId: limited(/<[^<>\s]+>/.exec(fields.get('message-id') ?? '')?.[0] ?? fields.get('message-id')),
    subject: limited(decode(fields.get('subject'))),
    from: limited(fromOf(fields.get('from'))),
    dateMs: dateOf(fields.get('date')),
  }
}

const WANTED = new Set(['message-id', 'subject', 'from', 'date'])

function headerText(head: Buffer): string {
  const end = blankLine(head)
  const header = end === -1 ? head : head.subarray(0, end)
  const text = header.toString('utf8')
  return text.includes('\ufffd') ? header.toString('latin1') : text
}

// Mail of servers has CRLF: a body is searched for a bare LF only when it has none.
function blankLine(head: Buffer): number {
  const crlf = head.indexOf(CRLF_CRLF)
  const lf = (crlf === -1 ? head : head.subarray(0, crlf)).indexOf(LF_LF)
  return lf === -1 ? crlf : lf
}

function unfolded(header: string): string[] {
  return header.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('=?')) return text
  try {
    return decodeWords(text)
  } catch {
    return text // an unknown charset: the raw text is better than none
  }
}

function fromOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const plain = /^"?([^"<>()@,;:\\]*?)"?\s*<([^<>\s,]+@[^<>\s,]+)>$/.exec(text)
  if (plain && !text.includes('=?')) return plain[1] ? `${plain[1]} <${plain[2]}>` : plain[2]
  const first = addressParser(text.slice(0, MAX_FIELD_CHARS)).find(address => 'address' in address)
  if (!first) return decode(text)
  return first.name ? `${decode(first.name)} <${first.address}>` : first.address
}

function dateOf(text: string | undefined): number | undefined {
  // Comments in parentheses are allowed (RFC 5322 section 3.3), Date.parse does not know them.
  const ms = Date.parse((text ?? '').replace(/\([^()]*\)/g, ' ').trim())
  return Number.isNaN(ms) ? undefined : ms
}

function limited(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text.slice(0, MAX_FIELD_CHARS)
}
