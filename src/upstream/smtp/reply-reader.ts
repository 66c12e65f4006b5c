import type { SmtpReply } from '../../formats/smtp/reply.ts'
import { LineSplitter } from '../../net/line-splitter.ts'

const MAX_LINE_OCTETS = 4096 // RFC 5321 section 4.5.3.1.5 allows 512; some servers say more
const MAX_LINES = 500

/** Cuts what a server says into replies. */
export class ReplyReader {
  readonly #lines = new LineSplitter(MAX_LINE_OCTETS)
  #code = 0
  #texts: string[] = []

  /** Whether nothing of a reply is held. */
  get isBetweenReplies(): boolean {
    return this.#texts.length === 0
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk)
  }

  /** Takes out the next reply; `malformed` when the server does not speak SMTP. */
  next(): SmtpReply | 'malformed' | undefined {
    for (let line = this.#lines.next(); line; line = this.#lines.next()) {
      const text = line.kind === 'line' ? line.octets.toString('utf8') : ''
      const [, code, mark, rest] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(text) ?? []
      const isOther = this.#texts.length > 0 && Number(code) !== this.#code
      if (!code || isOther || this.#texts.length > MAX_LINES) return 'malformed'
      this.#code = Number(code)
      this.#texts.push(rest ?? '')
      if (mark === '-') continue
      const reply = { code: this.#code, lines: this.#texts }
      this.#texts = []
      return reply
    }
    return undefined
  }

  /** Takes out what came beyond the last reply. */
  drain(): Buffer {
    return this.#lines.drain()
  }
}
