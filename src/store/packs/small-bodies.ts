import { crc32 } from 'node:zlib'
import { decodeRecordHeader, type PackLocation, RECORD_HEADER_OCTETS } from './pack-format.ts'
import type { PackReader } from './pack-reader.ts'
import { readable } from './readable.ts'

/** Bodies that were read together. Those that are damaged are left out. */
export interface SmallBodies {
  /** Has a memory of its own, so that it can move to another thread. */
  readonly octets: Uint8Array
  /** Of each body, its place in the list that was asked for. */
  readonly places: readonly number[]
  /** Where each begins and ends in `octets`. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** Records that lie one behind the other in a pack. */
interface Run {
  readonly firstPlace: number
  readonly locations: PackLocation[]
  octets: number
}

/**
 * Reads many small bodies, in their order, about `atOnce` octets at a time: what lies together is read together, right to
 * where it stays, and each body is checked against its checksum.
 */
export function* smallBodies(
  packs: PackReader,
  locations: readonly PackLocation[],
  atOnce: number,
): Generator<SmallBodies> {
  let [runs, octets] = [[] as Run[], 0]
  for (const run of runsOf(locations, atOnce)) {
    if (octets > 0 && octets + run.octets > atOnce) {
      yield readRuns(packs, runs, octets)
      ;[runs, octets] = [[], 0]
    }
    runs.push(run)
    octets += run.octets
  }
  if (runs.length > 0) yield readRuns(packs, runs, octets)
}

function runsOf(locations: readonly PackLocation[], maxOctets: number): readonly Run[] {
  const runs: Run[] = []
  for (const [place, location] of locations.entries()) {
    const run = runs.at(-1)
    const octets = RECORD_HEADER_OCTETS + location.length
    if (run && isBehind(run.locations.at(-1), location) && run.octets + octets <= maxOctets) {
      run.locations.push(location)
      run.octets += octets
    } else runs.push({ firstPlace: place, locations: [location], octets })
  }
  return runs
}

function isBehind(last: PackLocation | undefined, { pack, offset }: PackLocation): boolean {
  return last?.pack === pack && last.offset + last.length + RECORD_HEADER_OCTETS === offset
}

function readRuns(packs: PackReader, runs: readonly Run[], octets: number): SmallBodies {
  const page = Buffer.allocUnsafeSlow(octets)
  const found = { places: [] as number[], starts: [] as number[], ends: [] as number[] }
  let runStart = 0
  for (const { firstPlace, locations, octets: length } of runs) {
    const isRead = readRun(packs, locations, page.subarray(runStart, runStart + length))
    let at = runStart
    for (const [index, location] of locations.entries()) {
      const record = page.subarray(at, at + RECORD_HEADER_OCTETS + location.length)
      at += record.length
      const isThere = isRead || readRun(packs, [location], record)
      if (!isThere || !isWhole(record)) continue
      found.places.push(firstPlace + index)
      found.starts.push(at - location.length)
      found.ends.push(at)
    }
    runStart += length
  }
  return { octets: page, ...found }
}

/** Tells whether the disk gave it. */
function readRun(packs: PackReader, [first]: readonly PackLocation[], target: Buffer): boolean {
  return first !== undefined && readable(() => packs.readRecords(first, target)) !== undefined
}

function isWhole(record: Buffer): boolean {
  const header = decodeRecordHeader(record)
  if (header?.length !== record.length - RECORD_HEADER_OCTETS) return false
  return header.crc32 === crc32(record.subarray(RECORD_HEADER_OCTETS))
}
