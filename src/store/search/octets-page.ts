import type { ListedFields } from './documents.ts'

/** The octets of some messages. */
export interface OctetsPage {
  /** Ascending. */
  readonly uids: readonly number[]
  /** Where those of each message begin and end. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Has a memory of its own, so that it can move to another thread. */
  readonly octets: Uint8Array
}

/** Puts together what an index knows of messages and what was read of others; both by place. Those without either are left out. */
export function listedPage(
  uids: readonly number[],
  known: ListedFields | undefined,
  others: ReadonlyMap<number, Buffer>,
): OctetsPage {
  const page = { uids: [] as number[], starts: [] as number[], ends: [] as number[] }
  let knownEnd = 0
  let end = known?.octets.length ?? 0
  for (const [place, uid] of uids.entries()) {
    const length = known?.lengths[place]
    const other = others.get(place)
    if (typeof length === 'number') knownEnd += length
    else if (other) end += other.length
    else continue
    const itsEnd = other ? end : knownEnd
    page.uids.push(uid)
    page.starts.push(itsEnd - (other?.length ?? length ?? 0))
    page.ends.push(itsEnd)
  }
  return { ...page, octets: together(known?.octets, [...others.values()], end) }
}

function together(known: Buffer | undefined, others: readonly Buffer[], length: number): Uint8Array {
  if (known && others.length === 0) return known
  const octets = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const part of known ? [known, ...others] : others) {
    octets.set(part, at)
    at += part.length
  }
  return octets
}
