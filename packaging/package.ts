// Builds folders that people can run without having Node: npm run package -- [platform ...] [--out DIR]
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { addRuntime, npm } from './node-runtime.ts'
import { PLATFORMS, type Platform } from './platforms.ts'

const execute = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '..')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const COPIED = ['bin', 'docs', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'ARCHITECTURE.md', 'package.json']

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: join(ROOT, 'dist-packages') } },
})
const out = resolve(values.out)
const chosen = positionals.length === 0 ? PLATFORMS : positionals.map(platformCalled)
const failures: string[] = []
for (const platform of chosen) {
  try {
    await build(platform)
  } catch (error) {
    failures.push(platform.name)
    console.error(`${platform.name}: NOT BUILT: ${error instanceof Error ? error.message : error}`)
  }
}
process.exitCode = failures.length === 0 ? 0 : 1

async function build(platform: Platform): Promise<void> {
  const folder = join(out, `postern-${platform.name}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true })
  // Without checking types, which takes most of the time: `npm run typecheck` has done it.
  await execute(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')], {
    cwd: ROOT,
  })
  await addDependencies(platform, folder)
  const { version, wanted } = await addRuntime(platform, join(folder, 'runtime'))
  await addLauncher(platform, folder)
  const older = version === wanted ? '' : `, NOT the ${wanted} that we test with: the registry has no newer one for it`
  const isRun = platform.os === process.platform && platform.cpu === process.arch
  console.log(`${folder}: Node ${version}${older}${isRun ? '' : '; not run here'}`)
}

/** Exactly what the lock file says, with the native parts for that platform, and no install script. */
async function addDependencies({ os, cpu }: Platform, folder: string): Promise<void> {
  await cp(join(ROOT, 'package-lock.json'), join(folder, 'package-lock.json'))
  const only = [
    '--omit=dev',
    '--ignore-scripts',
    `--os=${os}`,
    `--cpu=${cpu}`,
    ...(os === 'linux' ? ['--libc=glibc'] : []),
  ]
  await npm(['ci', ...only, '--prefer-offline', '--no-audit', '--no-fund'], folder)
  await rm(join(folder, 'package-lock.json'))
}

async function addLauncher({ os }: Platform, folder: string): Promise<void> {
  const name = os === 'win32' ? 'postern.cmd' : 'postern'
  await cp(join(import.meta.dirname, 'launchers', name), join(folder, name))
  if (os === 'win32') return
  await chmod(join(folder, name), 0o755)
  await chmod(join(folder, 'runtime', 'node'), 0o755)
}

function platformCalled(name: string): Platform {
  const found = PLATFORMS.find(platform => platform.name === name)
  if (found) return found
  throw new Error(`there is no platform ${name}; there are ${PLATFORMS.map(({ name }) => name).join(', ')}`)
}
