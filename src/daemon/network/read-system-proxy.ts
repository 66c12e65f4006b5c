import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { parseGnomeProxy } from './gnome-proxy.ts'
import { parseMacProxy } from './mac-proxy.ts'
import { NO_SYSTEM_PROXY, type SystemProxy } from './system-proxy.ts'
import { parseWindowsProxy } from './windows-proxy.ts'

const execute = promisify(execFile)
const TIMEOUT_MS = 3000
const MAX_OCTETS = 262_144

interface Source {
  readonly command: readonly [string, ...string[]]
  readonly parse: (output: string) => SystemProxy
}

const INTERNET_SETTINGS = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings'

const SOURCES: Readonly<Partial<Record<NodeJS.Platform, Source>>> = {
  linux: { command: ['gsettings', 'list-recursively', 'org.gnome.system.proxy'], parse: parseGnomeProxy },
  win32: { command: ['reg', 'query', INTERNET_SETTINGS], parse: parseWindowsProxy },
  darwin: { command: ['scutil', '--proxy'], parse: parseMacProxy },
}

/** Asks the desktop of this user for its proxy; without one that answers, there is none. */
export async function readSystemProxy(platform: NodeJS.Platform = process.platform): Promise<SystemProxy> {
  const source = SOURCES[platform]
  if (!source) return NO_SYSTEM_PROXY
  const [program, ...args] = source.command
  try {
    const { stdout } = await execute(program, args, { timeout: TIMEOUT_MS, maxBuffer: MAX_OCTETS, windowsHide: true })
    return source.parse(stdout)
  } catch {
    return NO_SYSTEM_PROXY // no such program, no such settings: this is no such desktop
  }
}
