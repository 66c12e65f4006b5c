import type { StoreReader } from '../../store/reader.ts'
import { SMALL_OCTETS } from '../../store/search/message-octets.ts'
import type { OctetsPage } from '../../store/search/octets-page.ts'
import type { OctetsOfItem } from '../../store/search/search-reader.ts'

const OCTETS_AT_ONCE = 1_048_576

/** Takes the messages of a page apart again. */
export function octetsOfPage({ uids, starts, ends, octets }: OctetsPage): OctetsOfItem[] {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  return uids.map((uid, index) => ({ uid, octets: all.subarray(starts[index], ends[index]) }))
}

/** Reads the messages that are here, can be read and are small. */
export function* wholePages(store: StoreReader, folder: number, uids: Uint32Array): Generator<OctetsPage> {
  const columns = store.mailboxes.columns(folder, uids, ['wholes', 'packs', 'offsets', 'lengths'])
  const small = columns.uids.flatMap((uid, index) => {
    const [pack = 0, offset = 0, length = 0] = [columns.packs[index], columns.offsets[index], columns.lengths[index]]
    return columns.wholes[index] === 1 && length <= SMALL_OCTETS ? [{ uid, pack, offset, length }] : []
  })
  for (const { places, ...page } of store.smallBodies(small, OCTETS_AT_ONCE)) {
    yield { uids: places.map(place => small[place]?.uid ?? 0), ...page }
  }
}

/** Puts messages together. */
export function* octetsPages(messages: Iterable<OctetsOfItem>): Generator<OctetsPage> {
  let [held, octets] = [[] as OctetsOfItem[], 0]
  for (const message of messages) {
    held.push(message)
    octets += message.octets.length
    if (octets < OCTETS_AT_ONCE) continue
    yield octetsPage(held, octets)
    ;[held, octets] = [[], 0]
  }
  if (held.length > 0) yield octetsPage(held, octets)
}

function octetsPage(messages: readonly OctetsOfItem[], length: number): OctetsPage {
  const octets = Buffer.allocUnsafeSlow(length)
  const starts: number[] = []
  const ends: number[] = []
  let at = 0
  for (const message of messages) {
    starts.push(at)
    octets.set(message.octets, at)
    at += message.octets.length
    ends.push(at)
  }
  return { uids: messages.map(({ uid }) => uid), starts, ends, octets }
}
