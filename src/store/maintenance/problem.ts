/** What is wrong with a store. */
export type ProblemKind =
  | 'database' // SQLite cannot read it, or its pages and indexes disagree
  | 'pack' // a file is missing or lost its end
  | 'body' // a message's octets are not what was stored
  | 'rows' // rows contradict each other

/** One thing that is wrong. */
export interface StoreProblem {
  readonly kind: ProblemKind
  readonly message: string
  /** What to do about it, as one sentence. */
  readonly advice: string
  /** The rows of the items that it concerns. */
  readonly items: readonly number[]
}

/** How far work on a store is; `total` is 0 while nobody knows. */
export interface MaintenanceProgress {
  readonly kind: 'maintenance'
  readonly step: string
  readonly done: number
  readonly total: number
}

/** What repairs most problems. */
export const REPAIR_ADVICE = 'Run `postern store repair`.'
