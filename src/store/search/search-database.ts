import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { STRUCTURE_VERSION } from '../../formats/mail/structure/part.ts'
import { Database } from '../database.ts'
import { fileFailure } from '../disk-failure.ts'

/** The name of the index inside a profile's folder. */
export const SEARCH_FILE = 'search.sqlite'
const SCHEMA_VERSION = 4 // raised when a table changes, or what is made of a message
/** What `user_version` says of an index that can be used. */
export const SEARCH_VERSION = SCHEMA_VERSION * 1000 + STRUCTURE_VERSION

/**
 * A document is what was made of certain octets, a whole message or a header alone; all items with these octets share it.
 * What is read of many documents at once has a table of its own, so that it lies together.
 * Row 2n of `grams` has the trigrams of the header of document n, row 2n+1 those of its body.
 */
const SCHEMA = `
CREATE TABLE document(
  id INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE,
  facts TEXT NOT NULL,                -- JSON of MessageFacts
  links TEXT NOT NULL,                -- JSON of MessageLinks
  header_octets INTEGER NOT NULL,     -- of the header and its blank line
  header_crc32 INTEGER NOT NULL
) STRICT;
CREATE TABLE listing(
  document INTEGER PRIMARY KEY,
  fields BLOB NOT NULL                -- what a list of messages shows of the header
) STRICT;
CREATE TABLE envelope(
  document INTEGER PRIMARY KEY,
  envelope BLOB NOT NULL,             -- as IMAP tells it
  preview TEXT NOT NULL
) STRICT;
CREATE TABLE structure(
  document INTEGER PRIMARY KEY,
  body_structure BLOB NOT NULL,       -- as IMAP tells it
  structure TEXT NOT NULL             -- JSON of MessageStructure
) STRICT;
CREATE TABLE header_text(
  document INTEGER PRIMARY KEY,
  text TEXT NOT NULL                  -- folded
) STRICT;
CREATE TABLE body_text(
  document INTEGER PRIMARY KEY,
  text BLOB NOT NULL                  -- folded; compressed with Zstandard
) STRICT;
CREATE VIRTUAL TABLE grams USING fts5(text, content = '', contentless_delete = 1, detail = none,
  tokenize = 'trigram case_sensitive 1');
INSERT INTO grams(grams, rank) VALUES('automerge', 0);
INSERT INTO grams(grams, rank) VALUES('crisismerge', 256);
`

/**
 * Opens the index of a profile for writing. One that is damaged or of another version is thrown away and made anew.
 *
 * @throws {PosternError} STORE_DISK_FULL, STORE_WRITE_FAILED
 */
export function openSearchDatabase(dir: string): Database {
  const file = join(dir, SEARCH_FILE)
  return openUsable(file) ?? remake(file)
}

/** Removes the index of a profile; whoever reads it goes on with what is not there any more. */
export function removeSearchDatabase(dir: string): void {
  const file = join(dir, SEARCH_FILE)
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch (error) {
      throw fileFailure(path, error)
    }
  }
}

/** Tells whether an index is of this version. */
export function isCurrent(database: Database): boolean {
  return versionOf(database) === SEARCH_VERSION
}

function remake(file: string): Database {
  removeSearchDatabase(join(file, '..'))
  const database = Database.openOther(file, false)
  try {
    prepare(database)
    return database
  } catch (error) {
    database[Symbol.dispose]()
    throw error
  }
}

function openUsable(file: string): Database | undefined {
  let database: Database | undefined
  try {
    database = Database.openOther(file, false)
    prepare(database)
    if (isCurrent(database)) return database
  } catch {
    // Whatever it is: the new one tells when there is no writing at all.
  }
  database?.[Symbol.dispose]()
  return undefined
}

function prepare(database: Database): void {
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = NORMAL')
  if (versionOf(database) !== 0) return
  database.transaction(() => database.exec(`${SCHEMA} PRAGMA user_version = ${SEARCH_VERSION}`), false)
}

function versionOf(database: Database): number {
  return Number(database.find('PRAGMA user_version')?.user_version)
}
