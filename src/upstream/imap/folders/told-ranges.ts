import { PosternError } from '../../../errors.ts'
import type { FormatsErrorCode } from '../../../formats/errors.ts'
import { type UidRange, UidSet } from '../../../formats/imap/uid-set.ts'

const MAX_RANGES = 4_000_000 // of as many messages, every other one of which is gone

/** UIDs that a server tells little by little. */
export class ToldRanges {
  readonly #ranges: UidRange[] = []

  /** @throws {PosternError} FORMATS_IMAP_TOO_LARGE */
  add(uids: UidSet | undefined): void {
    for (const range of uids?.ranges ?? []) this.#ranges.push(range)
    if (this.#ranges.length > MAX_RANGES) throw tooMany()
  }

  get uids(): UidSet {
    return UidSet.ofRanges(this.#ranges)
  }
}

function tooMany(): PosternError {
  return new PosternError<FormatsErrorCode>(
    'FORMATS_IMAP_TOO_LARGE',
    `The server told of more than ${MAX_RANGES} ranges of UIDs.`,
    { remedy: 'retry', advice: 'The connection was closed; if it happens again, the server is broken.' },
  )
}
