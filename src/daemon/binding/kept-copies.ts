import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '../../log/logger.ts'
import type { Profile } from '../../profile/profiles.ts'
import { keptCopyPrefix, removedDir } from '../../store/store-folders.ts'

const DAY_MS = 86_400_000
/** How long the copy of a store is kept that was begun anew, in days. */
export const COPY_DAYS = 30
const LOOK_MS = 6 * 3_600_000
const DATE_WORD = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/

/** A copy of a store, which `store restore` brings back. */
export interface KeptCopy {
  readonly dir: string
  /** ISO 8601: when it is removed. */
  readonly until: string
}

/** Names a copy that is to be made now. */
export function nameCopy({ dir }: Pick<Profile, 'dir'>, nowMs: number): KeptCopy {
  const word = new Date(nowMs).toISOString().replace(/[-:]/g, '').slice(0, 15)
  const wanted = `${keptCopyPrefix(dir)}${word}`
  let name = wanted
  for (let count = 2; existsSync(name); count++) name = `${wanted}-${count}`
  return { dir: name, until: untilOf(nowMs) }
}

/** Lists the copies of a profile's stores, the oldest first. */
export async function listCopies({ dir }: Pick<Profile, 'dir'>): Promise<readonly KeptCopy[]> {
  const places = (await readdir(dirname(dir)).catch(ignoreNone)).map(name => join(dirname(dir), name)).sort()
  return places.flatMap(place => {
    const madeMs = place.startsWith(keptCopyPrefix(dir)) ? dateOf(place.slice(keptCopyPrefix(dir).length)) : undefined
    return madeMs === undefined ? [] : [{ dir: place, until: untilOf(madeMs) }]
  })
}

/** Removes copies that are older than 30 days, and what is left of a store whose removal was cut short. */
export async function purgeCopies(
  profiles: readonly Pick<Profile, 'dir'>[],
  nowMs: number,
): Promise<readonly string[]> {
  const removed: string[] = []
  for (const profile of profiles) {
    const old = (await listCopies(profile)).filter(({ until }) => Date.parse(until) <= nowMs).map(({ dir }) => dir)
    for (const dir of [...old, removedDir(profile.dir)]) await rm(dir, { recursive: true, force: true })
    removed.push(...old)
  }
  return removed
}

/** Has old copies removed, from the start on and several times a day. */
export class CopyPurger implements Disposable {
  readonly #profiles: () => readonly Pick<Profile, 'dir'>[]
  readonly #log: Logger
  #timer: NodeJS.Timeout | undefined

  constructor(profiles: () => readonly Pick<Profile, 'dir'>[], log: Logger) {
    this.#profiles = profiles
    this.#log = log
  }

  start(): void {
    void this.#purge()
    this.#timer = setInterval(() => void this.#purge(), LOOK_MS).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #purge(): Promise<void> {
    try {
      const removed = await purgeCopies(this.#profiles(), Date.now())
      if (removed.length > 0) this.#log.info({ removed }, 'removed copies of stores after 30 days')
    } catch (error) {
      this.#log.warn({ err: error }, 'old copies of stores could not be removed')
    }
  }
}

function untilOf(madeMs: number): string {
  return new Date(madeMs + COPY_DAYS * DAY_MS).toISOString()
}

function dateOf(word: string): number | undefined {
  const [, ...parts] = DATE_WORD.exec(word) ?? []
  const [year, month, day, hour, minute, second] = parts.map(Number)
  if (year === undefined || month === undefined) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function ignoreNone(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
