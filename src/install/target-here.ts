import { existsSync, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { findServiceHome, type Home, systemDir } from '../config/home.ts'
import { findUserFolders, isProgram } from '../config/user-folders.ts'
import { PosternError } from '../errors.ts'
import type { InstallErrorCode } from './errors.ts'
import type { InstallTarget, Platform } from './plan.ts'

const OTHERS_MAY_ENTER = 0o001
const OTHERS_MAY_READ = 0o004
const GROUP_MAY_WRITE = 0o020
const OTHERS_MAY_WRITE = 0o002
const STICKY = 0o1000 // who may write in such a folder may still not replace what is another's
const MACOS_ADMIN_GROUP = 80

/**
 * Describes an installation on this machine, for this user or for everybody.
 *
 * @throws {PosternError} INSTALL_UNSUPPORTED
 */
export function targetHere(
  scope: InstallTarget['scope'],
  home: Home,
  program: Omit<InstallTarget['program'], 'node'>,
): InstallTarget {
  const platform = process.platform
  if (!isSupported(platform)) throw unsupported(`there is no installation for ${platform}`)
  if (platform === 'linux' && !isProgram('systemctl')) throw unsupported('there is no systemd')
  const folders = findUserFolders()
  const { username, uid } = userInfo()
  return {
    platform,
    scope,
    program: { node: process.execPath, ...program },
    chosenHome: home.dir === findServiceHome().dir ? undefined : home.dir,
    canNotify: platform === 'linux' && isProgram('systemd-notify'),
    folders: {
      home: folders.home,
      config: folders.config,
      postern: scope === 'user' ? home.dir : systemDir(),
    },
    user: { name: username, uid },
  }
}

/** Tells whether the service manager that a target is for runs here and now. */
export function canReachManager({ platform, scope }: InstallTarget): boolean {
  if (platform !== 'linux') return true
  if (scope === 'all-users') return existsSync('/run/systemd/system') // sd_booted(3)
  const { runtime } = findUserFolders()
  return runtime !== undefined && existsSync(join(runtime, 'systemd', 'private'))
}

/**
 * Makes sure that everybody may run what is to be installed for everybody, and nobody but root may change it.
 *
 * @throws {PosternError} INSTALL_PROGRAM_PRIVATE, INSTALL_PROGRAM_UNSAFE
 */
export async function assertOthersMayRun({ platform, program }: InstallTarget): Promise<void> {
  if (platform === 'win32') return // a folder under Program Files, by its inherited rights
  for (const file of [program.node, program.launcher]) {
    for (let path = file; ; path = dirname(path)) {
      const found = await stat(path)
      const needed = path === file ? OTHERS_MAY_READ : OTHERS_MAY_ENTER
      if ((found.mode & needed) === 0) throw isPrivate(file, path)
      if (isChangeable(found, platform)) throw isUnsafe(file, path)
      if (path === dirname(path)) break
    }
  }
}

function isChangeable(found: Stats, platform: Platform): boolean {
  if (found.uid !== 0) return true
  if (found.isDirectory() && (found.mode & STICKY) !== 0) return false
  const isTrusted = found.gid === 0 || (platform === 'darwin' && found.gid === MACOS_ADMIN_GROUP)
  return (found.mode & (isTrusted ? OTHERS_MAY_WRITE : OTHERS_MAY_WRITE | GROUP_MAY_WRITE)) !== 0
}

function isSupported(platform: NodeJS.Platform): platform is Platform {
  return platform === 'linux' || platform === 'darwin' || platform === 'win32'
}

function unsupported(why: string): PosternError {
  return new PosternError<InstallErrorCode>('INSTALL_UNSUPPORTED', `Postern cannot be installed here: ${why}.`, {
    remedy: 'user',
    advice: 'Let your system run `postern start` at sign-in, or run `postern start --detach` by hand.',
  })
}

function isPrivate(file: string, folder: string): PosternError {
  return new PosternError<InstallErrorCode>(
    'INSTALL_PROGRAM_PRIVATE',
    `Other users may not run ${file}: ${folder} is closed to them.`,
    {
      remedy: 'user',
      advice: 'Put the program where everybody may read it, such as /opt/postern, and install from there.',
    },
  )
}

function isUnsafe(file: string, path: string): PosternError {
  return new PosternError<InstallErrorCode>(
    'INSTALL_PROGRAM_UNSAFE',
    `Everybody would run ${file}, but not only root may change ${path}.`,
    { remedy: 'user', advice: 'Give the whole folder of the program to root: chown -R root:root, then chmod -R go-w.' },
  )
}
