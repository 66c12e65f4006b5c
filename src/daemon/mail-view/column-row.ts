import type { MessageRow } from '../../imap/backend.ts'
import type { MessageFlags } from '../../store/flags.ts'
import type { MailboxColumns } from '../../store/queries/mailbox-views.ts'
import { emailIdOf } from '../../store/search/email-id.ts'

/** A row of columns: most of what it could tell is not asked for. */
export class ColumnRow implements MessageRow {
  readonly #columns: MailboxColumns
  readonly #index: number
  readonly uid: number

  constructor(columns: MailboxColumns, uid: number, index: number) {
    this.#columns = columns
    this.#index = index
    this.uid = uid
  }

  get flags(): MessageFlags {
    return { bits: this.#columns.bits[this.#index] ?? 0, keywords: this.#columns.keywords[this.#index] ?? '' }
  }

  get modseq(): number {
    return this.#columns.modseqs[this.#index] ?? 0
  }

  get size(): number {
    return this.#columns.sizes[this.#index] ?? 0
  }

  get internalDateMs(): number {
    return this.#columns.internalDatesMs[this.#index] ?? 0
  }

  get savedDateMs(): number | undefined {
    return this.#columns.savedDatesMs[this.#index] ?? undefined
  }

  get emailId(): string {
    return emailIdOf({ id: this.#columns.ids[this.#index] ?? 0 })
  }

  get isWhole(): boolean {
    return this.#columns.wholes[this.#index] === 1
  }
}
