import { existsSync } from 'node:fs'
import { readdir, realpath, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Home } from '../config/home.ts'
import { PosternError } from '../errors.ts'
import { forgetSecretsKey } from '../profile/secrets-key.ts'
import type { DaemonErrorCode } from './errors.ts'
import { lockHome } from './home-lock.ts'

const LOG = /^(?:\d\d-\d\d-\d{4}|start)\.txt$/ // see log/daily-file.ts
const CERTIFICATE = /^(?:(?:ca|leaf)(?:-key)?\.pem|approved\.json)(?:\.[0-9a-f]{12}\.tmp)?$|^issued$/ // see tls/ca

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
    await deleteIn(home.logsDir, LOG)
    await deleteIn(home.certsDir, CERTIFICATE)
  }
  for (const path of [home.lockFile, `${home.lockFile}-journal`]) await rm(path, { force: true })
  const kept = await names(home.dir)
  if (kept.length === 0) await deleteFolder(home.dir)
  const deleted = [...ours(home), home.logsDir, home.certsDir].map(path => basename(path))
  return { dir: home.dir, deleted: deleted.filter(name => !kept.includes(name)), kept }
}

// Any command makes these two, whatever folder POSTERN_HOME names; somebody's own may have been there before.
async function deleteIn(dir: string, ours: RegExp): Promise<void> {
  const found = await names(dir)
  const mine = found.filter(name => ours.test(name))
  for (const name of mine) await rm(join(dir, name), { recursive: true, force: true })
  if (mine.length === found.length && existsSync(dir)) await deleteFolder(dir)
}

/** Deletes an empty folder, and the link by which it was reached: somebody may keep it on another disk. */
async function deleteFolder(dir: string): Promise<void> {
  await rmdir(await realpath(dir))
  await rm(dir, { force: true })
}

function ours(home: Home): readonly string[] {
  const { configFile, defaultsFile, profilesDir, outboxDir, spoolDir } = home
  const { secretsFile, secretsKeyFile, signInsFile, policiesDir, controlTokenFile, controlAddress } = home
  const socket = dirname(controlAddress) === home.dir ? [controlAddress] : []
  return [
    ...[configFile, defaultsFile, profilesDir, outboxDir, spoolDir],
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
