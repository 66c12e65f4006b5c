import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Store } from '../../../src/store/store.ts'
import { DATABASE_FILE } from '../../../src/store/store-presence.ts'
import { silentLogger } from '../silent-logger.ts'

const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
let empty: string | undefined

/** Makes a folder with an empty store, whoever asked removes it: copied, since its tables take longer than a whole cycle. */
export function makeStoreDir(): string {
  empty ??= makeEmptyStore()
  const dir = mkdtempSync(join(PLACE, 'postern-model-'))
  copyFileSync(join(empty, DATABASE_FILE), join(dir, DATABASE_FILE))
  return dir
}

function makeEmptyStore(): string {
  const dir = mkdtempSync(join(PLACE, 'postern-empty-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  Store.open(dir, { clock: () => 0, log: silentLogger() })[Symbol.dispose]()
  return dir
}
