import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readBoundedFile } from './bounded-file.ts'
import { findDavmailAccounts } from './davmail/accounts.ts'
import { type Findings, withNames, withValid } from './found-account.ts'
import { findMbsyncAccounts } from './mbsync/accounts.ts'
import { parseMbsync } from './mbsync/sections.ts'
import { findThunderbirdAccounts } from './thunderbird/accounts.ts'
import { parsePreferences } from './thunderbird/preferences.ts'
import { findProfileFolder } from './thunderbird/profile-folder.ts'

/** The programs whose accounts can be taken over. */
export type MigrationSource = 'thunderbird' | 'mbsync' | 'davmail'

const MAX_PREFERENCES_OCTETS = 33_554_432 // prefs.js keeps lists of all kinds of things
const MAX_CONFIGURATION_OCTETS = 1_048_576

/**
 * Finds the accounts in another program's configuration; nothing of it is run, changed or asked for over the network, and
 * no password is read.
 *
 * @throws {PosternError} PROFILE_IMPORT_UNREADABLE, PROFILE_IMPORT_INVALID
 */
export async function findAccounts(source: MigrationSource, path: string): Promise<Findings> {
  const { accounts, leftOut } = await READERS[source](path)
  return withValid({ accounts: withNames(accounts), leftOut })
}

const READERS: Readonly<Record<MigrationSource, (path: string) => Promise<Findings>>> = {
  thunderbird: async path => {
    const octets = await readBoundedFile(await preferencesFile(path), MAX_PREFERENCES_OCTETS)
    return findThunderbirdAccounts(parsePreferences(octets.toString('utf8')))
  },
  mbsync: async path => {
    const octets = await readBoundedFile(path, MAX_CONFIGURATION_OCTETS)
    return findMbsyncAccounts(parseMbsync(octets.toString('utf8')))
  },
  // Java writes properties in ISO 8859-1.
  davmail: async path =>
    findDavmailAccounts((await readBoundedFile(path, MAX_CONFIGURATION_OCTETS)).toString('latin1')),
}

/** The prefs.js that is meant: the file, the folder of a profile, or Thunderbird's own folder with profiles.ini. */
async function preferencesFile(path: string): Promise<string> {
  if (!(await isFolder(path))) return path
  const profiles = join(path, 'profiles.ini')
  if (!(await isThere(profiles))) return join(path, 'prefs.js')
  const octets = await readBoundedFile(profiles, MAX_CONFIGURATION_OCTETS)
  return join(findProfileFolder(octets.toString('utf8'), path), 'prefs.js')
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false, // reading it says why
  )
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false, // reading what is looked at instead says why
  )
}
