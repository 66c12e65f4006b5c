import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, glob, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Platform } from './platforms.ts'

const execute = promisify(execFile)
const NODE_DIR = resolve(import.meta.dirname, '../node_modules/node')

/** A Node that was put into a package. */
export interface Runtime {
  readonly version: string
  /** The version that we are tested with. */
  readonly wanted: string
}

/**
 * Puts Node for a platform into a folder: the one of this checkout where it fits, else that of the registry. Where the
 * registry has not our version, the newest of the same major one.
 *
 * @throws {Error} when the registry has none
 */
export async function addRuntime(platform: Platform, folder: string): Promise<Runtime> {
  const wanted = versionIn(await readFile(join(NODE_DIR, 'package.json'), 'utf8'))
  await mkdir(folder, { recursive: true })
  const local = join(NODE_DIR, 'node_modules', platform.nodePackage)
  const isLocal = await copyRuntime(platform, local, folder).catch(ifAbsent)
  if (isLocal) return { version: wanted, wanted }
  const version = await findVersion(platform.nodePackage, wanted)
  const work = await mkdtemp(join(tmpdir(), 'postern-node-'))
  try {
    const pack = [
      'pack',
      `${platform.nodePackage}@${version}`,
      '--pack-destination',
      work,
      '--json',
      '--ignore-scripts',
    ]
    const { stdout } = await npm(pack, work)
    const archive = filenameIn(JSON.parse(stdout))
    await execute('tar', ['-xzf', join(work, archive), '-C', work])
    await copyRuntime(platform, join(work, 'package'), folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return { version, wanted }
}

/** Runs npm; on Windows it is a script of the shell. */
export async function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return await execute('npm', args, { cwd, maxBuffer: 64_000_000, shell: process.platform === 'win32' })
}

async function copyRuntime({ os }: Platform, from: string, to: string): Promise<true> {
  const program = os === 'win32' ? 'node.exe' : 'node'
  await copyFile(join(from, 'bin', program), join(to, program))
  await copyFile(await licenceOf(from), join(to, 'LICENSE'))
  return true
}

// Node's licence goes with its program. The registry's Windows packages leave it out: it is the same on every platform.
async function licenceOf(from: string): Promise<string> {
  const candidates = [from, ...(await Array.fromAsync(glob(join(NODE_DIR, 'node_modules/node-*'))))]
  const found = candidates.map(dir => join(dir, 'LICENSE')).find(existsSync)
  if (found === undefined) throw new Error(`there is no licence of Node in ${candidates.join(' or ')}`)
  return found
}

async function findVersion(name: string, wanted: string): Promise<string> {
  const { stdout } = await npm(['view', name, 'versions', '--json'], tmpdir())
  const versions = [JSON.parse(stdout)].flat() as string[] // one version is told without a list
  const [major] = wanted.split('.')
  const found = versions.includes(wanted)
    ? wanted
    : versions
        .filter(version => version.split('.')[0] === major)
        .sort(byVersion)
        .at(-1)
  if (found === undefined) throw new Error(`the registry has no Node ${major} as ${name}`)
  return found
}

function byVersion(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}

// npm has told it as a list of packages, and later as an object with their names.
function filenameIn(packed: unknown): string {
  const [first] = Object.values(packed as Record<string, { filename: string }>)
  if (!first) throw new Error('npm pack has packed nothing')
  return first.filename
}

function versionIn(manifest: string): string {
  return (JSON.parse(manifest) as { version: string }).version
}

function ifAbsent(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false
  throw error
}
