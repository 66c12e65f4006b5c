import type { MessageFact, MessageRow } from '../../imap/backend.ts'
import type { MessageFlags } from '../../store/flags.ts'
import type { MailboxColumns } from '../../store/queries/mailbox-views.ts'
import { emailIdOf } from '../../store/search/email-id.ts'
import { keywordsOf, type MovedColumns, type NumberColumn } from '../reading/moved-columns.ts'

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

/** Makes rows of columns. */
export function rowsOf(columns: MovedColumns): readonly MessageRow[] {
  const page = { numbers: columns.numbers, keywords: keywordsOf(columns) }
  return Array.from(columns.numbers.uids ?? [], (uid, index) => new ColumnRow(page, uid, index))
}

interface Page extends Pick<MovedColumns, 'numbers'> {
  readonly keywords: readonly string[] | undefined
}

/** A row of columns: what of it was not asked for cannot be told. */
class ColumnRow implements MessageRow {
  readonly #page: Page
  readonly #index: number
  readonly uid: number

  constructor(page: Page, uid: number, index: number) {
    this.#page = page
    this.#index = index
    this.uid = uid
  }

  get flags(): MessageFlags {
    return { bits: this.#at('bits'), keywords: told('keywords', this.#page.keywords?.[this.#index]) }
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
    const ms = this.#at('savedDatesMs')
    return Number.isNaN(ms) ? undefined : ms
  }

  get emailId(): string {
    return emailIdOf({ id: this.#at('ids') })
  }

  get isWhole(): boolean {
    return this.#at('wholes') === 1
  }

  #at(name: NumberColumn): number {
    return told(name, this.#page.numbers[name]?.[this.#index])
  }
}

function told<Value>(name: keyof MailboxColumns, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`the column ${name} of messages was not read`)
  return value
}
