import type { Wire } from '../wire.ts'

const FULL_OCTETS = 131_072 // a write of this size costs no more than its octets
const MAX_COPIED_OCTETS = 2048 // more are passed on as they are

/** Texts and octets that wait to be sent together. */
export class WireBatch {
  #wires: Wire[] = []
  #text = ''
  #octets = 0

  /** Adds a text of which each character is an octet. */
  add(text: string): void {
    this.#text += text
    this.#octets += text.length
  }

  /** Adds octets that nobody changes until they are sent. */
  addOctets(octets: Buffer): void {
    if (octets.length <= MAX_COPIED_OCTETS) {
      this.add(octets.toString('latin1'))
      return
    }
    this.#endText()
    this.#wires.push(octets)
    this.#octets += octets.length
  }

  get isFull(): boolean {
    return this.#octets >= FULL_OCTETS
  }

  /** Gives what waits, in its order. */
  take(): Wire[] {
    this.#endText()
    const wires = this.#wires
    this.#wires = []
    this.#octets = 0
    return wires
  }

  #endText(): void {
    if (this.#text !== '') this.#wires.push(this.#text)
    this.#text = ''
  }
}
