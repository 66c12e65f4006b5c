import type { MessageFact, MessageRow } from '../../imap/backend.ts'
import type { MessageFlags } from '../../store/flags.ts'
import type { MailboxColumns, SomeColumns } from '../../store/queries/mailbox-views.ts'
import { emailIdOf } from '../../store/search/email-id.ts'

const COLUMNS: Readonly<Record<MessageFact, readonly (keyof MailboxColumns)[]>> = {
  flags: ['bits', 'keywords'],
  modseq: ['modseqs'],
  size: ['sizes'],
  internalDateMs: ['internalDatesMs'],
  savedDateMs: ['savedDatesMs'],
  emailId: ['ids'],
  isWhole: ['wholes'],
}

/** Says which columns tell the facts of messages. */
export function columnsOf(facts: readonly MessageFact[]): (keyof MailboxColumns)[] {
  return facts.flatMap(fact => COLUMNS[fact])
}

/** A row of columns: what of it was not asked for cannot be told. */
export class ColumnRow implements MessageRow {
  readonly #columns: SomeColumns
  readonly #index: number
  readonly uid: number

  constructor(columns: SomeColumns, uid: number, index: number) {
    this.#columns = columns
    this.#index = index
    this.uid = uid
  }

  get flags(): MessageFlags {
    return { bits: this.#at('bits'), keywords: this.#at('keywords') }
  }

  get modseq(): number {
    return this.#at('modseqs')
  }

  get size(): number {
    return this.#at('sizes')
  }

  get internalDateMs(): number {
    return this.#at('internalDatesMs')
  }

  get savedDateMs(): number | undefined {
    return this.#at('savedDatesMs') ?? undefined
  }

  get emailId(): string {
    return emailIdOf({ id: this.#at('ids') })
  }

  get isWhole(): boolean {
    return this.#at('wholes') === 1
  }

  #at<Name extends keyof MailboxColumns>(name: Name): MailboxColumns[Name][number] {
    const columns: Partial<MailboxColumns> = this.#columns
    const value = columns[name]?.[this.#index]
    if (value === undefined) throw new Error(`the column ${name} of messages was not read`)
    return value
  }
}
