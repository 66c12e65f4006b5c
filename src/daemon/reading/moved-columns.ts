import type { MailboxColumns, SomeColumns } from '../../store/queries/mailbox-views.ts'

const SEPARATOR = '\n' // in no keyword

/** The columns of numbers. */
export type NumberColumn = Exclude<keyof MailboxColumns, 'keywords'>

/** Columns on their way to another thread: the numbers move, where a list of them would be copied one by one, and the texts are one. */
export interface MovedColumns {
  /** NaN where nobody knows. */
  readonly numbers: Readonly<Partial<Record<NumberColumn, Float64Array<ArrayBuffer>>>>
  readonly keywords: string | undefined
}

/** Makes columns ready to be moved. */
export function moveColumns({ keywords, ...columns }: SomeColumns): MovedColumns {
  const numbers = Object.entries(columns).map(([name, values]) => [name, numbersOf(values)])
  return { numbers: Object.fromEntries(numbers), keywords: keywords?.join(SEPARATOR) }
}

/** Takes the texts apart again. */
export function keywordsOf({ keywords }: MovedColumns): readonly string[] | undefined {
  return keywords?.split(SEPARATOR)
}

function numbersOf(values: readonly (number | null)[]): Float64Array<ArrayBuffer> {
  return new Float64Array(values.includes(null) ? values.map(value => value ?? Number.NaN) : (values as number[])) // without null
}
