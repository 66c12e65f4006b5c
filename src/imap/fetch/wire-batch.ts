import type { Wire } from '../wire.ts'

const FULL_OCTETS = 131_072 // a write of this size costs no more than its octets

/** Texts that wait to be sent together. */
export class WireBatch {
  #text = ''

  /** Adds a text of which each character is an octet. */
  add(text: string): void {
    this.#text += text
  }

  get isFull(): boolean {
    return this.#text.length >= FULL_OCTETS
  }

  /** Gives what waits, as one, or nothing. */
  take(): Wire[] {
    const text = this.#text
    this.#text = ''
    return text === '' ? [] : [text]
  }
}
