import process from 'node:process'
import type { NssDatabase } from './nss-databases.ts'

/** Where a CA can be made known: to all users, to this user, or to programs that use NSS (Firefox, Thunderbird, Chrome). */
export type TrustStore = 'system' | 'user' | 'nss'

/** A command that changes a trust store. */
export interface TrustCommand {
  readonly argv: readonly [string, ...string[]]
  /** What it does, for people. */
  readonly says: string
  /** Whether those after it make sense when it fails. */
  readonly isIndependent?: boolean
}

/** What there is to change, and where. */
export interface TrustOptions {
  readonly store: TrustStore
  /** The CA's public certificate. */
  readonly certificateFile: string
  /** Its serial number and SHA-256 in hex, by which Windows and macOS find it again. */
  readonly serialNumber: string
  readonly sha256: string
  readonly nssDatabases: readonly NssDatabase[]
  readonly platform?: NodeJS.Platform
  /** Whether we may change what belongs to all users. */
  readonly isRoot?: boolean
  /** Debian and its like have `update-ca-certificates`; the others have p11-kit's `trust`. */
  readonly hasUpdateCaCertificates?: boolean
}

/** A change of a trust store: making the CA trusted, or unknown again. */
export type TrustChange = 'install' | 'uninstall'

const NICKNAME = 'Postern local CA'
const DEBIAN_FILE = '/usr/local/share/ca-certificates/postern-local-ca.crt'
const MACOS_SYSTEM_KEYCHAIN = '/Library/Keychains/System.keychain'

/** Lists the commands of a change, in their order. */
export function trustCommands(change: TrustChange, options: TrustOptions): readonly TrustCommand[] {
  const { store, platform = process.platform } = options
  if (store === 'nss') return nss(change, options)
  if (platform === 'win32') return windows(change, options)
  if (platform === 'darwin') return macos(change, options)
  if (store === 'user') return nss(change, options) // Linux knows no other store of one user
  return asRoot(options.hasUpdateCaCertificates ? debian(change, options) : p11Kit(change, options), options)
}

function windows(change: TrustChange, { store, certificateFile, serialNumber }: TrustOptions): TrustCommand[] {
  const scope = store === 'user' ? ['-user'] : []
  const says = store === 'user' ? 'Windows asks you to confirm' : 'needs a prompt that runs as administrator'
  if (change === 'install') return [{ argv: ['certutil', ...scope, '-addstore', 'Root', certificateFile], says }]
  return [{ argv: ['certutil', ...scope, '-delstore', 'Root', serialNumber], says }]
}

function macos(change: TrustChange, { store, certificateFile, sha256 }: TrustOptions): TrustCommand[] {
  const admin = store === 'system' ? ['-d'] : []
  const keychain = store === 'system' ? [MACOS_SYSTEM_KEYCHAIN] : []
  if (change === 'install') {
    const into = keychain.flatMap(file => ['-k', file])
    const argv = ['add-trusted-cert', ...admin, '-r', 'trustRoot', '-p', 'ssl', ...into, certificateFile]
    return [{ argv: ['security', ...argv], says: 'macOS asks for a password' }]
  }
  return [
    { argv: ['security', 'remove-trusted-cert', ...admin, certificateFile], says: 'macOS asks for a password' },
    {
      argv: ['security', 'delete-certificate', '-Z', sha256.toUpperCase(), ...keychain],
      says: 'takes it out of the keychain',
    },
  ]
}

function debian(change: TrustChange, { certificateFile }: TrustOptions): TrustCommand[] {
  if (change === 'install') {
    return [
      { argv: ['install', '-m', '644', certificateFile, DEBIAN_FILE], says: 'copies the CA where the system looks' },
      { argv: ['update-ca-certificates'], says: 'takes it into the roots of the system' },
    ]
  }
  return [
    { argv: ['rm', '-f', DEBIAN_FILE], says: 'removes the CA from where the system looks' },
    { argv: ['update-ca-certificates', '--fresh'], says: 'takes it out of the roots of the system' },
  ]
}

function p11Kit(change: TrustChange, { certificateFile }: TrustOptions): TrustCommand[] {
  if (change === 'install') {
    return [
      { argv: ['trust', 'anchor', '--store', certificateFile], says: 'takes the CA into the roots of the system' },
    ]
  }
  return [
    { argv: ['trust', 'anchor', '--remove', certificateFile], says: 'takes the CA out of the roots of the system' },
  ]
}

function asRoot(commands: readonly TrustCommand[], { isRoot = process.getuid?.() === 0 }: TrustOptions) {
  if (isRoot) return commands
  return commands.map(({ argv, says }): TrustCommand => ({ argv: ['sudo', ...argv], says }))
}

// One program's database may be locked or lack the CA: that must not keep it from, or in, the others.
function nss(change: TrustChange, { nssDatabases, certificateFile }: TrustOptions): TrustCommand[] {
  if (change === 'uninstall') {
    return nssDatabases
      .filter(({ exists }) => exists)
      .map(({ dir }) => certutil(['-D', '-d', `sql:${dir}`, '-n', NICKNAME], `removes the CA from ${dir}`))
  }
  return nssDatabases.flatMap(({ dir, exists }) => {
    const add = ['-A', '-d', `sql:${dir}`, '-n', NICKNAME, '-t', 'C,,', '-i', certificateFile] // C: may sign for servers
    return [...(exists ? [] : newDatabase(dir)), certutil(add, `adds the CA to ${dir}`)]
  })
}

function newDatabase(dir: string): TrustCommand[] {
  return [
    { argv: ['mkdir', '-p', '-m', '700', dir], says: 'makes the folder where programs look' },
    { argv: ['certutil', '-N', '--empty-password', '-d', `sql:${dir}`], says: 'makes a database there' },
  ]
}

function certutil(args: readonly string[], says: string): TrustCommand {
  return { argv: ['certutil', ...args], says, isIndependent: true }
}
