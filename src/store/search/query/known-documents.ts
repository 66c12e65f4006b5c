import type { SearchRows } from '../../queries/search-rows.ts'
import type { Documents } from '../documents.ts'
import type { MailboxItems } from './mailbox-items.ts'

/** Stands for a document that nobody has looked for; 0 for none. */
export const UNKNOWN = -1

/**
 * Remembers which documents the items of a folder have, as long as neither the store nor the index changes: somebody who types
 * what is searched for searches again with each letter.
 */
export class KnownDocuments {
  readonly #rows: SearchRows
  #moment = ''
  #documents: Documents | undefined
  #documentOf = new Float64Array()

  constructor(rows: SearchRows) {
    this.#rows = rows
  }

  /** The document of each place, {@link UNKNOWN} until somebody fills it in. To be asked inside snapshots of both. */
  of(items: MailboxItems, documents: Documents | undefined): Float64Array {
    if (!documents || !items.areAll) return unknown(items)
    const moment = `${items.place} ${this.#rows.state()} ${documents.state()}`
    if (moment !== this.#moment || documents !== this.#documents) {
      this.#documentOf = unknown(items)
      this.#moment = moment
      this.#documents = documents
    }
    return this.#documentOf
  }
}

function unknown({ uids }: MailboxItems): Float64Array<ArrayBuffer> {
  return new Float64Array(uids.length).fill(UNKNOWN)
}
