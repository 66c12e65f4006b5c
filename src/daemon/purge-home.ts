import { existsSync } from 'node:fs'
import { readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Home } from '../config/home.ts'
import { PosternError } from '../errors.ts'
import { forgetSecretsKey } from '../profile/secrets-key.ts'
import type { DaemonErrorCode } from './errors.ts'
import { lockHome } from './home-lock.ts'

/** What would be lost with a home. */
export interface HomeContents {
  readonly dir: string
  readonly profiles: readonly string[]
  /** Messages in outboxes, which nobody will send. */
  readonly unsent: number
}

/** What is left of a home. */
export interface Purged {
  readonly dir: string
  readonly deleted: readonly string[]
  /** Files in the folder that are not Postern's. */
  readonly kept: readonly string[]
}

/**
 * Looks what a home holds; undefined when there is none.
 *
 * @throws {PosternError} DAEMON_NOT_A_HOME when the folder is not one of ours
 */
export async function inspectHome(home: Home): Promise<HomeContents | undefined> {
  if (!existsSync(home.dir)) return undefined
  if (!existsSync(home.configFile) && !existsSync(home.lockFile)) throw notAHome(home)
  const outboxes = await names(home.outboxDir)
  const messages = await Promise.all(outboxes.map(name => names(join(home.outboxDir, name))))
  return {
    dir: home.dir,
    profiles: await names(home.profilesDir),
    unsent: messages.flat().filter(name => name.endsWith('.msg')).length,
  }
}

/**
 * Deletes what Postern has put into a home, and the folder when it is empty then. The key in the keychain goes first:
 * without it the secrets are worth nothing, whatever happens next.
 *
 * @throws {PosternError} DAEMON_RUNNING, DAEMON_NOT_A_HOME
 */
export async function purgeHome(home: Home): Promise<Purged> {
  if (!(await inspectHome(home))) return { dir: home.dir, deleted: [], kept: [] }
  {
    using _lock = lockHome(home)
    await forgetSecretsKey(home)
    for (const path of ours(home)) await rm(path, { recursive: true, force: true })
  }
  for (const path of [home.lockFile, `${home.lockFile}-journal`]) await rm(path, { force: true })
  const kept = await names(home.dir)
  if (kept.length === 0) await rmdir(home.dir)
  return { dir: home.dir, deleted: ours(home).map(path => basename(path)), kept }
}

function ours(home: Home): readonly string[] {
  const { configFile, defaultsFile, profilesDir, certsDir, logsDir, outboxDir, spoolDir } = home
  const { secretsFile, secretsKeyFile, signInsFile, policiesDir, controlTokenFile, controlAddress } = home
  const socket = dirname(controlAddress) === home.dir ? [controlAddress] : []
  return [
    ...[configFile, defaultsFile, profilesDir, certsDir, logsDir, outboxDir, spoolDir],
    ...[secretsFile, secretsKeyFile, signInsFile, policiesDir, controlTokenFile, ...socket],
    join(home.dir, 'task.xml'), // of `install` on Windows
  ]
}

async function names(dir: string): Promise<readonly string[]> {
  return await readdir(dir).catch(error => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

function notAHome({ dir }: Home): PosternError {
  return new PosternError<DaemonErrorCode>(
    'DAEMON_NOT_A_HOME',
    `${dir} is not a folder of Postern’s: nothing was deleted.`,
    {
      remedy: 'user',
      advice: 'Check POSTERN_HOME.',
    },
  )
}
