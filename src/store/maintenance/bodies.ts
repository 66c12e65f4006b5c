import { closeSync, openSync, readSync } from 'node:fs'
import type { Database, Row } from '../database.ts'
import { decodeRecordHeader, type PackLocation, packFile, RECORD_HEADER_OCTETS } from '../packs/pack-format.ts'
import { locationOf } from '../row-values.ts'

/** The tables whose rows have a body in a pack. */
export const BODY_OWNERS = ['item', 'stage', 'tomb', 'conflict'] as const
export type BodyOwner = (typeof BODY_OWNERS)[number]

/** A row with its body. */
export interface OwnedBody {
  readonly owner: BodyOwner
  readonly id: number
  readonly location: PackLocation
  /** Undefined where none is kept. */
  readonly sha256: Buffer | undefined
}

const PAGE_ROWS = 500

/** Streams all rows that have a body, page by page: no cursor stays open while a page is worked on. */
export function* ownedBodies(database: Database, where = '1'): Generator<readonly OwnedBody[]> {
  for (const owner of BODY_OWNERS) {
    const hash = owner === 'stage' ? '' : ', sha256'
    const sql = `SELECT id, pack, offset, length${hash} FROM ${owner} WHERE id > ? AND ${where} ORDER BY id LIMIT ${PAGE_ROWS}`
    for (let after = 0; ; ) {
      const rows = database.all(sql, after)
      if (rows.length === 0) break
      yield rows.map(row => ownedBody(owner, row))
      after = Number(rows.at(-1)?.id)
    }
  }
}

/** Counts the rows of {@link ownedBodies}. */
export function countBodies(database: Database): number {
  const counts = BODY_OWNERS.map(owner => `(SELECT count(*) FROM ${owner})`)
  return Number(database.find(`SELECT ${counts.join(' + ')} AS n`)?.n)
}

/** Sums the octets of each pack that rows refer to, record headers included. A body that several rows share counts once. */
export function liveOctets(database: Database): Map<number, number> {
  const ranges = BODY_OWNERS.map(owner => `SELECT pack, offset, length FROM ${owner}`).join(' UNION ')
  const sql = `SELECT pack, sum(length + ${RECORD_HEADER_OCTETS}) AS octets FROM (${ranges}) GROUP BY pack`
  return new Map(database.all(sql).map(row => [Number(row.pack), Number(row.octets)]))
}

/** Looks at record headers, with one file open at a time. */
export class HeaderProbe implements Disposable {
  readonly #packsDir: string
  #open: { readonly pack: number; readonly fd: number } | undefined

  constructor(packsDir: string) {
    this.#packsDir = packsDir
  }

  /** Says what is wrong with a body's header; undefined when it is as it should be. */
  problemOf({ pack, offset, length }: PackLocation): string | undefined {
    const buffer = Buffer.alloc(RECORD_HEADER_OCTETS)
    try {
      const octets = readSync(this.#fd(pack), buffer, 0, RECORD_HEADER_OCTETS, offset - RECORD_HEADER_OCTETS)
      const header = octets === RECORD_HEADER_OCTETS ? decodeRecordHeader(buffer) : undefined
      if (!header) return 'there is no record header before it'
      return header.length === length ? undefined : `its record says ${header.length} octets`
    } catch (error) {
      if (error instanceof Error && 'code' in error) return error.message
      throw error
    }
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#open.fd)
    this.#open = undefined
  }

  #fd(pack: number): number {
    if (this.#open?.pack === pack) return this.#open.fd
    this[Symbol.dispose]()
    this.#open = { pack, fd: openSync(packFile(this.#packsDir, pack), 'r') }
    return this.#open.fd
  }
}

function ownedBody(owner: BodyOwner, row: Row): OwnedBody {
  const sha256 = row.sha256 instanceof Uint8Array ? Buffer.from(row.sha256) : undefined
  return { owner, id: Number(row.id), location: locationOf(row), sha256 }
}
