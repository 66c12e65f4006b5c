import type { CommandDialect } from '../formats/imap/command/command-reader.ts'

/** What a client has switched on (RFC 9051 section 6.3.1); nothing is ever switched off. */
export class Dialect implements CommandDialect {
  #isCondstore = false
  #isQresync = false
  #isUtf8 = false
  #isRev2 = false

  /** Whether FETCH responses have mod-sequences (RFC 7162 section 3.1). */
  get isCondstore(): boolean {
    return this.#isCondstore
  }

  /** Whether VANISHED takes the place of EXPUNGE (RFC 7162 section 3.2.10). */
  get isQresync(): boolean {
    return this.#isQresync
  }

  get isUtf8(): boolean {
    return this.#isUtf8
  }

  /** Whether the client speaks IMAP4rev2 and no IMAP4rev1 any more. */
  get isRev2(): boolean {
    return this.#isRev2
  }

  /** Switches a capability on. False when it is none that can be. */
  enable(capability: string): boolean {
    switch (capability) {
      case 'CONDSTORE':
        this.#isCondstore = true
        return true
      case 'QRESYNC':
        this.#isCondstore = true // RFC 7162 section 3.2.3
        this.#isQresync = true
        return true
      case 'UTF8=ACCEPT':
        this.#isUtf8 = true
        return true
      case 'IMAP4REV2':
        this.#isUtf8 = true // RFC 9051 section 5.1
        this.#isRev2 = true
        return true
      default:
        return false
    }
  }
}
