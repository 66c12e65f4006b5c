import { existsSync } from 'node:fs'
import { PosternError } from '../../../errors.ts'
import { Database } from '../../database.ts'
import type { PackLocation } from '../../packs/pack-format.ts'
import { addSentHashes } from '../sent-hashes.ts'
import { raiseSequence } from '../sequences.ts'

/** Numbers that a store has given out, and that must not be given to anything else. */
export interface GivenNumbers {
  readonly localUidValidity: number
  /** By table. */
  readonly sequences: ReadonlyMap<string, number>
}

const UNKNOWN_GAP = 1_000_000 // jumped over when the replaced store cannot say what it gave out

/** Reads what the store that is replaced has given out; undefined when that cannot be read. */
export function numbersOf(file: string): GivenNumbers | undefined {
  if (!existsSync(file)) return undefined
  try {
    using database = Database.openReader(file)
    return readNumbers(database)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_UNREADABLE') return undefined
    throw error
  }
}

/**
 * Makes a store of earlier ready to meet its server again: nothing that was uploaded since is uploaded a second time,
 * everything is compared, and no number is given to a second message.
 */
export function makeReconcilable(
  database: Database,
  options: {
    readonly before: GivenNumbers | undefined
    readonly now: number
    /** Whether it was synchronized with another account: then nothing is believed that it knows of a server. */
    readonly isOfOther?: boolean
    readonly headerHashOf: (location: PackLocation) => Buffer
  },
): void {
  const { before, now, isOfOther = false, headerHashOf } = options
  database.transaction(() => {
    renumber(database, before, now)
    doubtUploads(database, headerHashOf)
    database.run(
      `UPDATE folder SET uid_next = NULL, cursor = NULL, last_full_at = NULL, consent = NULL,
         deletions = NULL, error = NULL, state = iif(state = 'paused', 'ok', state)`,
    )
    database.run('UPDATE damaged SET attempts = 0')
    if (isOfOther) {
      database.run('UPDATE meta SET merging = coalesce(merging, ?)', now)
      database.run(`UPDATE folder SET joining = 'place' WHERE kind NOT IN('mail', 'file') AND state <> 'gone'`)
    }
    database.run(`INSERT INTO ledger(at, event) VALUES(?, 'restored-from-backup')`, now)
  }, true)
}

function readNumbers(database: Database): GivenNumbers {
  const rows = database.all('SELECT name, seq FROM sqlite_sequence')
  return {
    localUidValidity: Number(database.find('SELECT max(local_uid_validity) AS n FROM folder')?.n),
    sequences: new Map(rows.map(({ name, seq }) => [String(name), Number(seq)])),
  }
}

// A client of the store may have seen local UIDs that will be given again: with another UIDVALIDITY they are others.
function renumber(database: Database, before: GivenNumbers | undefined, now: number): void {
  const own = readNumbers(database)
  const validity = Math.max(own.localUidValidity, before?.localUidValidity ?? 0, Math.trunc(now / 1000)) + 1
  database.run('UPDATE folder SET local_uid_validity = ?', validity)
  database.run('DELETE FROM vanished')
  database.run('UPDATE meta SET vanished_from = modseq')
  // A table that had no row yet when the backup was made has no sequence in it.
  for (const table of new Set([...own.sequences.keys(), ...(before?.sequences.keys() ?? ['conflict'])])) {
    const seq = own.sequences.get(table) ?? 0
    raiseSequence(database, table, before ? (before.sequences.get(table) ?? 0) : seq + UNKNOWN_GAP)
  }
}

/** What waited to be uploaded may have been since: it is looked for on the server before it is sent. */
function doubtUploads(database: Database, headerHashOf: (location: PackLocation) => Buffer): void {
  database.run(`UPDATE op SET state = 'inflight', next_at = 0 WHERE item IS NOT NULL`)
  addSentHashes(database, headerHashOf)
}
