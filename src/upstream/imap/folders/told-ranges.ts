import { tooLarge } from '../../../formats/imap/too-large.ts'
import { type UidRange, UidSet } from '../../../formats/imap/uid-set.ts'

const MAX_RANGES = 4_000_000 // of as many messages, every other one of which is gone

/** UIDs that a server tells little by little. */
export class ToldRanges {
  readonly #ranges: UidRange[] = []

  /** @throws {PosternError} FORMATS_IMAP_TOO_LARGE */
  add(uids: UidSet | undefined): void {
    for (const range of uids?.ranges ?? []) this.#ranges.push(range)
    if (this.#ranges.length > MAX_RANGES) throw tooLarge(`more than ${MAX_RANGES} ranges of UIDs`)
  }

  get uids(): UidSet {
    return UidSet.ofRanges(this.#ranges)
  }
}
