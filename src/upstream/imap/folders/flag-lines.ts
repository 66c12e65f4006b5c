import { tooLarge } from '../../../formats/imap/too-large.ts'
import type { RemoteFlags } from '../../../sync/remote.ts'

const UID_FIRST = /^\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^(){}"]*)\)(?: MODSEQ \(\d+\))?\)$/i
const FLAGS_FIRST = /^\* \d+ FETCH \(FLAGS \(([^(){}"]*)\) UID (\d{1,10})(?: MODSEQ \(\d+\))?\)$/i
const RECENT = /^\\recent$/i // a session's own flag, nothing of the message's
const MAX_UID = 4_294_967_295 // RFC 9051 section 9: nz-number of 32 bits
const MAX_LISTS_OCTETS = 16 * 1_048_576 // a hostile server may have another long list of flags for every message

/**
 * Reads `* 23 FETCH (UID 42 FLAGS (\Seen))`, of which a large folder has a hundred thousand, without building the values
 * that a response in general may have. Messages with the same flags share one list.
 */
export class FlagLines {
  readonly #known = new Map<string, readonly string[]>()
  #octets = 0

  /** Undefined for anything else, which may be valid all the same. */
  parse(octets: Buffer): RemoteFlags | undefined {
    const line = octets.toString('latin1')
    const [, uid, flags] = UID_FIRST.exec(line) ?? []
    if (uid !== undefined && flags !== undefined) return this.#message(Number(uid), flags)
    const [, first, second] = FLAGS_FIRST.exec(line) ?? []
    return first === undefined ? undefined : this.#message(Number(second), first)
  }

  /**
   * The list that stands for one with these flags, written with spaces between them.
   *
   * @throws {PosternError} FORMATS_IMAP_TOO_LARGE when all different lists together are.
   */
  share(text: string): readonly string[] {
    const known = this.#known.get(text)
    if (known) return known
    this.#octets += text.length
    if (this.#octets > MAX_LISTS_OCTETS)
      throw tooLarge(`more than ${MAX_LISTS_OCTETS / 1_048_576} MB of different flags`)
    const words = text.split(' ').filter(word => word !== '' && !RECENT.test(word))
    this.#known.set(text, words)
    return words
  }

  #message(uid: number, flags: string): RemoteFlags | undefined {
    return uid >= 1 && uid <= MAX_UID ? { uid, flags: this.share(flags) } : undefined
  }
}
