import { createHash } from 'node:crypto'
import { PosternError } from '../../../errors.ts'
import type { Database } from '../../database.ts'
import { type PackLocation, RECORD_HEADER_OCTETS } from '../../packs/pack-format.ts'
import { PackReader } from '../../packs/pack-reader.ts'
import { type BodyOwner, countBodies, HeaderProbe, type OwnedBody, ownedBodies } from '../bodies.ts'
import type { MaintenanceProgress } from '../problem.ts'

const STEP_OCTETS = 16 * 1_048_576 // read in one step, about 20 ms

/** A body that cannot be read as it was stored. */
export interface BodyDamage {
  readonly owner: BodyOwner
  readonly id: number
  readonly location: PackLocation
  readonly cause: string
  /** Whether a repair has noted it before. */
  readonly known: boolean
  /** Whether the server can be asked for it. */
  readonly isOnServer: boolean
}

/** Looks at every body's record, or reads it whole, and lists what is damaged. */
export function* checkBodies(
  database: Database,
  packsDir: string,
  { isFull }: { readonly isFull: boolean },
): Generator<MaintenanceProgress, readonly BodyDamage[]> {
  const damage: BodyDamage[] = []
  const total = countBodies(database)
  let [done, octets] = [0, 0]
  using probe = new HeaderProbe(packsDir)
  using reader = new PackReader(packsDir)
  for (const page of ownedBodies(database)) {
    const ends = committedEnds(database)
    for (const body of page) {
      const cause =
        rangeProblem(body, ends) ?? probe.problemOf(body.location) ?? (isFull ? readProblem(reader, body) : undefined)
      if (cause !== undefined) damage.push(describe(database, body, cause))
      done++
      octets += isFull ? body.location.length : 0
      if (octets < STEP_OCTETS) continue
      octets = 0
      yield { kind: 'maintenance', step: 'bodies', done, total }
    }
    yield { kind: 'maintenance', step: isFull ? 'bodies' : 'records', done, total }
  }
  // Between a row and its body a compaction may have moved it: what has another place by now is looked at there.
  return damage.filter(each => isStill(database, each))
}

function committedEnds(database: Database): Map<number, number> {
  return new Map(
    database.all('SELECT id, committed_octets FROM pack').map(row => [Number(row.id), Number(row.committed_octets)]),
  )
}

function rangeProblem({ location: { pack, offset, length } }: OwnedBody, ends: ReadonlyMap<number, number>) {
  const end = ends.get(pack)
  if (end === undefined) return 'its pack is unknown'
  return offset < RECORD_HEADER_OCTETS || offset + length > end ? 'it lies outside of what its pack holds' : undefined
}

function readProblem(reader: PackReader, { location, sha256 }: OwnedBody): string | undefined {
  const sha = createHash('sha256')
  try {
    for (const chunk of reader.chunks(location, true)) sha.update(chunk)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_PACK_DAMAGED') return error.message
    throw error
  }
  return sha256 === undefined || sha.digest().equals(sha256) ? undefined : 'its octets are not those that were imported'
}

function describe(database: Database, { owner, id, location }: OwnedBody, cause: string): BodyDamage {
  const known = database.find('SELECT 1 FROM damaged WHERE owner = ? AND id = ?', owner, id) !== undefined
  return { owner, id, location, cause, known, isOnServer: isOnServer(database, owner, id) }
}

function isOnServer(database: Database, owner: BodyOwner, id: number): boolean {
  if (owner === 'stage') return true
  if (owner !== 'item') return false
  return database.find('SELECT 1 FROM item WHERE id = ? AND uid > 0 AND unlinked IS NULL', id) !== undefined
}

function isStill(database: Database, { owner, id, location: { pack, offset } }: BodyDamage): boolean {
  return (
    database.find(`SELECT 1 FROM ${owner} WHERE id = ? AND pack = ? AND offset = ?`, id, pack, offset) !== undefined
  )
}
