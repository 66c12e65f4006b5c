import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import type { Home } from '../../config/home.ts'
import { unusableHome } from '../home-lock.ts'

/**
 * Makes sure that nobody else can put a socket of their own where the control socket is: the path of a home may be too
 * long for one, which then lies in the folder for temporary files, where everybody may make folders.
 *
 * @throws {PosternError} DAEMON_HOME_UNUSABLE
 */
export async function assertSocketFolderIsOurs(home: Home): Promise<void> {
  const dir = dirname(home.controlAddress)
  if (process.platform === 'win32' || dir === home.dir) return
  const found = await lstat(dir).catch(error => {
    if (error.code === 'ENOENT') return undefined // then nobody listens there
    throw unusableHome(home, error)
  })
  if (!found) return
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
  if (!isOurs) throw unusableHome(home, new Error(`${dir} is not a folder that only you may enter; remove it`))
}
