import type { PersonName } from '../people.ts'

/** What one of them writes; paragraphs are separated by blank lines. */
export type Turn = readonly [who: PersonName | 'me', text: string]

/** People who answer each other. */
export interface Conversation {
  readonly subject: string
  /** Where the letters of the others are; the owner's own are in Sent. */
  readonly folder: string
  /** When the first one was written. */
  readonly daysAgo: number
  readonly turns: readonly Turn[]
  /** Who gets copies of all. */
  readonly cc?: readonly PersonName[]
}
