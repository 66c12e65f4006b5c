import { mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Database } from '../database.ts'
import { fileFailure } from '../disk-failure.ts'
import type { StoreErrorCode } from '../errors.ts'
import { PACKS_DIR, packFile, packOfFile } from './pack-format.ts'

/** A pack as its file is. */
export interface PackFile {
  readonly pack: number
  readonly file: string
  readonly size: number
}

/** Lists the files of packs. */
export function listPackFiles(packsDir: string): PackFile[] {
  const files: PackFile[] = []
  for (const name of readdirSync(packsDir)) {
    const pack = packOfFile(name)
    if (pack === undefined) continue
    const file = packFile(packsDir, pack)
    files.push({ pack, file, size: statSync(file).size })
  }
  return files.sort((left, right) => left.pack - right.pack)
}

/**
 * Removes what a crash left behind the last commit of each pack, and packs that never counted.
 *
 * @throws {PosternError} STORE_PACK_DAMAGED when a pack has less than was committed; then nothing is changed
 */
export function cutTornTails(database: Database, packsDir: string, log: Logger): void {
  // What is retired is referred to by nothing: whether its file is still there does not matter.
  const rows = database.all('SELECT id, committed_octets FROM pack WHERE retired_at IS NULL')
  const committed = new Map(rows.map(row => [Number(row.id), Number(row.committed_octets)]))
  const retired = new Set(database.all('SELECT id FROM pack WHERE retired_at IS NOT NULL').map(({ id }) => Number(id)))
  const files = listPackFiles(packsDir).filter(({ pack }) => !retired.has(pack))
  assertWhole(packsDir, files, committed)
  for (const { pack, file, size } of files) {
    const end = committed.get(pack)
    if (end === size) continue
    try {
      if (end === undefined) rmSync(file)
      else truncateSync(file, end)
    } catch (error) {
      throw fileFailure(file, error)
    }
    log.info({ pack, cutOctets: size - (end ?? 0) }, 'cut an unfinished end off a pack')
  }
}

/** Somebody removed the database: what may be the only copy of a message is not taken for a torn tail. */
export function putPacksAside(dir: string, now: number, log: Logger): void {
  const packsDir = join(dir, PACKS_DIR)
  if (listPackFiles(packsDir).every(({ size }) => size === 0)) return
  const aside = join(dir, `packs.without-database-${dateWord(now)}`)
  try {
    renameSync(packsDir, aside)
    mkdirSync(packsDir, { mode: 0o700 })
  } catch (error) {
    throw fileFailure(packsDir, error)
  }
  log.warn({ aside }, 'bodies without a database were put aside')
}

/** Names a moment in file names: 20261125T143706. */
export function dateWord(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]/g, '').slice(0, 15)
}

function assertWhole(packsDir: string, files: readonly PackFile[], committed: ReadonlyMap<number, number>): void {
  const sizes = new Map(files.map(({ pack, size }) => [pack, size]))
  for (const [pack, end] of committed) {
    const size = sizes.get(pack) ?? 0
    if (size < end) throw tooShort(packFile(packsDir, pack), size, end)
  }
}

function tooShort(file: string, size: number, end: number): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_PACK_DAMAGED',
    `${file} has ${size} octets, ${end} were stored in it.`,
    {
      remedy: 'user',
      advice:
        'The disk lost data, or the file was changed. Run `postern store repair`: what the server has is fetched again.',
    },
  )
}
