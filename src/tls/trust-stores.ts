import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** Where a CA can be made known: to all users, to this user, or to programs that use NSS (Firefox, Thunderbird, Chrome). */
export type TrustStore = 'system' | 'user' | 'nss'

/** A command of the operating system that changes a trust store. */
export interface TrustCommand {
  readonly argv: readonly [string, ...string[]]
  /** What it does, for people. */
  readonly says: string
}

const NICKNAME = 'Postern local CA'
const DEBIAN_FILE = '/usr/local/share/ca-certificates/postern-local-ca.crt'

/** Options of {@link installCommands} and {@link uninstallCommands}. */
export interface TrustOptions {
  readonly store: TrustStore
  /** The CA's public certificate. */
  readonly certificateFile: string
  readonly platform?: NodeJS.Platform
  /** The folder of the NSS database; the user's own by default. */
  readonly nssDatabase?: string
}

/** Lists the commands that make the CA trusted, in their order. */
export function installCommands(options: TrustOptions): readonly TrustCommand[] {
  const { store, certificateFile, platform = process.platform } = options
  if (store === 'nss') return nssInstall(options)
  if (platform === 'win32') {
    const scope = store === 'user' ? ['-user'] : []
    return [{ argv: ['certutil', ...scope, '-addstore', 'Root', certificateFile], says: 'Windows asks to confirm' }]
  }
  if (platform === 'darwin')
    return [{ argv: macosInstall(store, certificateFile), says: 'macOS asks for your password' }]
  if (store === 'user') return nssInstall(options)
  return [
    {
      argv: ['install', '-m', '644', certificateFile, DEBIAN_FILE],
      says: 'copies the CA where the system looks (as root)',
    },
    { argv: ['update-ca-certificates'], says: 'takes it into the system’s roots (as root)' },
  ]
}

/** Lists the commands that make the CA unknown again. */
export function uninstallCommands(options: TrustOptions): readonly TrustCommand[] {
  const { store, certificateFile, platform = process.platform } = options
  if (store === 'nss') return nssUninstall(options)
  if (platform === 'win32') {
    const scope = store === 'user' ? ['-user'] : []
    return [{ argv: ['certutil', ...scope, '-delstore', 'Root', NICKNAME], says: 'Windows asks to confirm' }]
  }
  if (platform === 'darwin') {
    return [{ argv: ['security', 'remove-trusted-cert', certificateFile], says: 'macOS asks for your password' }]
  }
  if (store === 'user') return nssUninstall(options)
  return [
    { argv: ['rm', '-f', DEBIAN_FILE], says: 'removes the CA from where the system looks (as root)' },
    { argv: ['update-ca-certificates', '--fresh'], says: 'takes it out of the system’s roots (as root)' },
  ]
}

function macosInstall(store: TrustStore, certificateFile: string): [string, ...string[]] {
  const keychain = store === 'user' ? [] : ['-d', '-k', '/Library/Keychains/System.keychain']
  return ['security', 'add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl', ...keychain, certificateFile]
}

function nssDirectory({ nssDatabase }: TrustOptions): string {
  return `sql:${nssDatabase ?? join(homedir(), '.pki', 'nssdb')}`
}

function nssInstall(options: TrustOptions): readonly TrustCommand[] {
  const args = ['-A', '-d', nssDirectory(options), '-n', NICKNAME, '-t', 'C,,', '-i', options.certificateFile]
  return [{ argv: ['certutil', ...args], says: 'adds the CA to your NSS database' }]
}

function nssUninstall(options: TrustOptions): readonly TrustCommand[] {
  const args = ['-D', '-d', nssDirectory(options), '-n', NICKNAME]
  return [{ argv: ['certutil', ...args], says: 'removes the CA from your NSS database' }]
}
