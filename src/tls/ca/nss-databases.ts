import { existsSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

// Chrome and other programs of the desktop share the first; each profile of Firefox and Thunderbird has its own.
const SHARED = '.pki/nssdb'
const PATTERNS = [
  `${SHARED}/cert9.db`,
  '.mozilla/firefox/*/cert9.db',
  '.thunderbird/*/cert9.db',
  'snap/*/common/.mozilla/firefox/*/cert9.db',
  'snap/*/common/.thunderbird/*/cert9.db',
  '.var/app/*/.mozilla/firefox/*/cert9.db',
  '.var/app/*/.thunderbird/*/cert9.db',
  'Library/Application Support/Firefox/Profiles/*/cert9.db',
  'Library/Thunderbird/Profiles/*/cert9.db',
  'AppData/Roaming/Mozilla/Firefox/Profiles/*/cert9.db',
  'AppData/Roaming/Thunderbird/Profiles/*/cert9.db',
]

/** A folder with an NSS database, or where one is to be. */
export interface NssDatabase {
  readonly dir: string
  readonly exists: boolean
}

/** Finds a user's NSS databases, sorted; where there is none, says where the programs of the desktop will look. */
export async function findNssDatabases(home: string = homedir()): Promise<readonly NssDatabase[]> {
  const found: NssDatabase[] = []
  for await (const file of glob(PATTERNS, { cwd: home })) found.push({ dir: join(home, dirname(file)), exists: true })
  if (found.length === 0) return [{ dir: join(home, SHARED), exists: false }]
  return found.sort((a, b) => a.dir.localeCompare(b.dir))
}

/** Describes the NSS database of a folder. */
export function nssDatabaseAt(dir: string): NssDatabase {
  return { dir, exists: existsSync(join(dir, 'cert9.db')) }
}
