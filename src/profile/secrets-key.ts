import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import type { Home } from '../config/home.ts'
import { readIfPresent, replaceFile } from '../config/private-file.ts'
import { hasSessionBus } from '../config/session-bus.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'

const KEY_OCTETS = 32 // AES-256
const SERVICE = 'postern'
const KEYCHAIN_TIMEOUT_MS = 10_000 // a keychain may ask the user to unlock it

/** Where the key of the secrets file lies. */
export type KeyPlace = 'keychain' | 'file'

/** The key, and where it was found. */
export interface SecretsKey {
  readonly key: Buffer
  readonly place: KeyPlace
}

/**
 * Reads the key of the secrets file; where there are no secrets yet, makes one: in the OS keychain where there is one,
 * else beside the file. Secrets that are there have a key, and another one would lock them up for good.
 *
 * @throws {PosternError} PROFILE_KEYCHAIN_UNAVAILABLE, PROFILE_SECRETS_UNREADABLE
 */
export async function loadSecretsKey(home: Home, store: 'auto' | KeyPlace): Promise<SecretsKey> {
  const inFile = await readIfPresent(home.secretsKeyFile)
  if (inFile !== undefined && store !== 'keychain') return { key: decode(inFile), place: 'file' }
  const mayMake = inFile !== undefined || !existsSync(home.secretsFile)
  if (store !== 'file' && canHaveKeychain()) {
    const kept = await fromKeychain(home, inFile, mayMake)
    if (kept) return { key: kept, place: 'keychain' }
  }
  if (!mayMake) throw store === 'file' ? keyIsMissing() : keyIsElsewhere()
  if (store === 'keychain') throw unavailable()
  const key = inFile === undefined ? randomBytes(KEY_OCTETS) : decode(inFile)
  if (inFile === undefined) await replaceFile(home.secretsKeyFile, key.toString('base64'), 0o600)
  return { key, place: 'file' }
}

/**
 * Deletes the key of the secrets file from the OS keychain, if it is there. One beside the file goes with that.
 *
 * @throws {PosternError} PROFILE_KEYCHAIN_UNAVAILABLE
 */
export async function forgetSecretsKey(home: Home): Promise<void> {
  if (!canHaveKeychain() || !existsSync(home.secretsFile) || existsSync(home.secretsKeyFile)) return
  const { AsyncEntry } = await import('@napi-rs/keyring')
  try {
    await withDeadline(new AsyncEntry(SERVICE, accountOf(home)).deletePassword())
  } catch (cause) {
    throw cause instanceof PosternError ? cause : unavailable()
  }
}

// Without a Secret Service the library would fall back to the kernel's keyring, which forgets everything at reboot.
function canHaveKeychain(): boolean {
  return process.platform !== 'linux' || hasSessionBus()
}

async function fromKeychain(home: Home, inFile: string | undefined, mayMake: boolean): Promise<Buffer | undefined> {
  const { AsyncEntry } = await import('@napi-rs/keyring')
  const account = accountOf(home)
  const entry = new AsyncEntry(SERVICE, account)
  try {
    const known = await withDeadline(entry.getPassword())
    if (known) return decode(known)
    if (!mayMake) return undefined
    const key = inFile === undefined ? randomBytes(KEY_OCTETS) : decode(inFile)
    await withDeadline(entry.setPassword(key.toString('base64')))
    const isVolatile = await isInKernelKeyring(account)
    if (isVolatile) await withDeadline(entry.deletePassword())
    return isVolatile ? undefined : key
  } catch {
    return undefined // locked, refused or absent: the caller decides
  }
}

function accountOf(home: Home): string {
  return createHash('sha256').update(home.dir).digest('hex').slice(0, 16)
}

async function isInKernelKeyring(account: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const keys = await readFile('/proc/keys', 'utf8').catch(() => '')
  return keys.includes(account)
}

async function withDeadline<Value>(work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(unavailable()), KEYCHAIN_TIMEOUT_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

function decode(text: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === KEY_OCTETS) return key
  throw new PosternError<ProfileErrorCode>('PROFILE_SECRETS_UNREADABLE', 'The key of the secrets file is damaged.', {
    remedy: 'user',
    advice: 'Restore secrets.key from a backup, or remove secrets.enc and give the passwords again.',
  })
}

function keyIsMissing(): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_SECRETS_UNREADABLE', 'The key of the secrets file is missing.', {
    remedy: 'user',
    advice:
      'Restore secrets.key from a backup; if the key lies in the keychain, run `postern config set secrets.store auto`. ' +
      'If it is lost, remove secrets.enc and give the passwords again.',
  })
}

function keyIsElsewhere(): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_KEYCHAIN_UNAVAILABLE',
    'The key of the secrets file is not beside it, and the keychain of this system does not give it now.',
    {
      remedy: 'user',
      advice:
        'Unlock the keychain, in a desktop session. If the key is lost, remove secrets.enc and give the passwords again.',
    },
  )
}

function unavailable(): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_KEYCHAIN_UNAVAILABLE',
    'The keychain of this system cannot be used.',
    {
      remedy: 'user',
      advice: 'Unlock it, or run `postern config set secrets.store file` to keep the key in a file of your own.',
    },
  )
}
