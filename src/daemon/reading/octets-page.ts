import type { StoreReader } from '../../store/reader.ts'
import { SMALL_OCTETS } from '../../store/search/message-octets.ts'
import type { OctetsOfItem } from '../../store/search/search-reader.ts'
import { readable } from '../../store/search/unreadable.ts'

const OCTETS_AT_ONCE = 1_048_576

/** The octets of some messages, one behind the other. */
export interface OctetsPage {
  readonly uids: readonly number[]
  /** Where those of each message end. */
  readonly ends: readonly number[]
  readonly octets: Uint8Array
}

/** Takes the messages of a page apart again. */
export function octetsOfPage({ uids, ends, octets }: OctetsPage): OctetsOfItem[] {
  const all = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  return uids.map((uid, index) => ({ uid, octets: all.subarray(ends[index - 1] ?? 0, ends[index]) }))
}

/** Reads the messages that are here, can be read and are small. */
export function* wholeMessages(store: StoreReader, folder: number, uids: Uint32Array): Generator<OctetsOfItem> {
  for (const { uid, bodyState, location } of store.mailboxes.items(folder, uids)) {
    if (bodyState !== 'full' || location.length > SMALL_OCTETS) continue
    const octets = readable(() => Buffer.concat([...store.body(location)]))
    if (octets) yield { uid, octets }
  }
}

/** Puts messages together. */
export function* octetsPages(messages: Iterable<OctetsOfItem>): Generator<OctetsPage> {
  let [held, octets] = [[] as OctetsOfItem[], 0]
  for (const message of messages) {
    held.push(message)
    octets += message.octets.length
    if (octets < OCTETS_AT_ONCE) continue
    yield octetsPage(held)
    ;[held, octets] = [[], 0]
  }
  if (held.length > 0) yield octetsPage(held)
}

function octetsPage(messages: readonly OctetsOfItem[]): OctetsPage {
  let end = 0
  const ends = messages.map(({ octets }) => {
    end += octets.length
    return end
  })
  const octets = new Uint8Array(end) // of its own, so that it can move to another thread
  for (const [index, message] of messages.entries()) octets.set(message.octets, ends[index - 1] ?? 0)
  return { uids: messages.map(({ uid }) => uid), ends, octets }
}
