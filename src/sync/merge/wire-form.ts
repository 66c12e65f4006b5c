import { PosternError } from '../../errors.ts'
import type { MergeableItem } from '../../store/queries/merge-queries.ts'
import type { Store } from '../../store/store.ts'
import { withCrlf } from '../local/message-file.ts'

/**
 * The size of a message when every line of it ends with CRLF, which some servers see to; undefined when each does, or
 * nobody can read it. Told by the first `headOctets` of it.
 */
export function wireSize(store: Store, { part, location }: MergeableItem, headOctets: number): number | undefined {
  if (part === 'header') return undefined // as a server gave it
  try {
    const head = store.read.head(location, headOctets)
    if (withCrlf(head, 0) === head) return undefined
    let [size, last] = [0, 0]
    for (const chunk of store.read.body(location)) {
      size += withCrlf(chunk, last).length
      last = chunk.at(-1) ?? last
    }
    return size
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return undefined
  }
}
