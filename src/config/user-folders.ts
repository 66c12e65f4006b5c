import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import process from 'node:process'

/** The folders of the user that the environment tells. */
export interface UserFolders {
  readonly home: string
  /** `XDG_CONFIG_HOME`, or what stands for it. */
  readonly config: string
  /** `XDG_RUNTIME_DIR`: sockets of the session; undefined outside of one. */
  readonly runtime: string | undefined
}

/** Finds the folders of the user. */
export function findUserFolders(environment: NodeJS.ProcessEnv = process.env): UserFolders {
  const home = homedir()
  return {
    home,
    config: absolute(environment.XDG_CONFIG_HOME) ?? join(home, '.config'),
    runtime: absolute(environment.XDG_RUNTIME_DIR),
  }
}

// XDG Base Directory Specification: an empty or a relative path does not count.
function absolute(folder: string | undefined): string | undefined {
  return folder !== undefined && isAbsolute(folder) ? folder : undefined
}

/** Tells whether a program can be found by its name. */
export function isProgram(name: string, environment: NodeJS.ProcessEnv = process.env): boolean {
  const folders = (environment.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  return folders.some(folder => isExecutable(join(folder, name)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false // not there, or not for us
  }
}
