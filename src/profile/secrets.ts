import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Home } from '../config/home.ts'
import { replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'
import { type KeyPlace, loadSecretsKey } from './secrets-key.ts'

const MAGIC = Buffer.from('PSEC1')
const IV_OCTETS = 12 // NIST SP 800-38D section 8.2
const TAG_OCTETS = 16
const CIPHER = 'aes-256-gcm'

/** What is kept secret of a profile. */
export type SecretName =
  | 'password'
  /** That a server was asked to change the password to, as long as no sign-in has proved it. */
  | 'pendingPassword'
  | 'smtpPassword'
  | 'localPassword'
  | 'oauth'
  | 'proxyPassword'
  | 'clientCertificate'

/** Whose secrets are no profile's: the numbers of profiles begin with 1. */
export const INSTALLATION = 0

/** The secrets that are not written where a profile’s passwords are not to be remembered. */
const PASSWORDS: readonly SecretName[] = ['password', 'pendingPassword', 'smtpPassword']

/** Tells whether the passwords of a profile are kept on disk. */
export type IsRemembered = (profile: number) => boolean

/** The secrets of an installation: one encrypted file, held in memory once it is read. */
export class Secrets {
  readonly #file: string
  readonly #key: Buffer
  readonly place: KeyPlace
  readonly #isRemembered: IsRemembered
  /** Passwords that are in memory alone. */
  readonly #held = new Map<string, string>()
  #values: Readonly<Record<string, string>>
  #writes: Promise<void> = Promise.resolve()

  private constructor(
    file: string,
    { key, place }: { readonly key: Buffer; readonly place: KeyPlace },
    values: Readonly<Record<string, string>>,
    isRemembered: IsRemembered,
  ) {
    this.#file = file
    this.#key = key
    this.place = place
    this.#values = values
    this.#isRemembered = isRemembered
  }

  /** @throws {PosternError} PROFILE_SECRETS_UNREADABLE, PROFILE_KEYCHAIN_UNAVAILABLE */
  static async open(home: Home, store: 'auto' | KeyPlace, isRemembered: IsRemembered = () => true): Promise<Secrets> {
    const key = await loadSecretsKey(home, store)
    return new Secrets(home.secretsFile, key, await decrypt(home.secretsFile, key.key), isRemembered)
  }

  find(profile: number, name: SecretName): string | undefined {
    return this.#held.get(`${profile}/${name}`) ?? this.#values[`${profile}/${name}`]
  }

  /** Tells whether a secret is on disk; {@link find} knows those in memory as well. */
  isStored(profile: number, name: SecretName): boolean {
    return Object.hasOwn(this.#values, `${profile}/${name}`)
  }

  /** Sets secrets (undefined removes one); resolves when they are on disk, or in memory where that is where they belong. */
  async set(profile: number, secrets: Partial<Record<SecretName, string | undefined>>): Promise<void> {
    const isHeld = (name: SecretName) => PASSWORDS.includes(name) && !this.#isRemembered(profile)
    const entries = Object.entries(secrets) as [SecretName, string | undefined][] // the keys of its type
    for (const [name, value] of entries) {
      if (value !== undefined && isHeld(name)) this.#held.set(`${profile}/${name}`, value)
    }
    await this.#change(values => {
      for (const [name, value] of entries) {
        if (value === undefined || isHeld(name)) values.delete(`${profile}/${name}`)
        else values.set(`${profile}/${name}`, value)
      }
    })
    for (const [name, value] of entries) {
      if (value === undefined || !isHeld(name)) this.#held.delete(`${profile}/${name}`)
    }
  }

  /** Moves the passwords of a profile to where they belong: its setting is another one than before. */
  async settle(profile: number): Promise<void> {
    const known = PASSWORDS.map(name => [name, this.find(profile, name)] as const)
    const isRight = ([name]: readonly [SecretName, unknown]) =>
      this.isStored(profile, name) === this.#isRemembered(profile)
    const wrong = known.filter(([, value]) => value !== undefined).filter(entry => !isRight(entry))
    if (wrong.length > 0) await this.set(profile, Object.fromEntries(wrong))
  }

  /** Removes all secrets of a profile. */
  async forget(profile: number): Promise<void> {
    for (const key of [...this.#held.keys()]) if (key.startsWith(`${profile}/`)) this.#held.delete(key)
    await this.#change(values => {
      for (const key of [...values.keys()]) if (key.startsWith(`${profile}/`)) values.delete(key)
    })
  }

  async #change(change: (values: Map<string, string>) => void): Promise<void> {
    const write = this.#writes.then(async () => {
      const changed = new Map(Object.entries(this.#values))
      change(changed)
      const values = Object.fromEntries(changed)
      await replaceFile(this.#file, encrypt(values, this.#key), 0o600).catch(error => {
        throw unwritable(this.#file, error)
      })
      this.#values = values
    })
    this.#writes = write.catch(() => undefined) // told to this call's caller
    await write
  }
}

function encrypt(values: Readonly<Record<string, string>>, key: Buffer): Buffer {
  const iv = randomBytes(IV_OCTETS)
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(MAGIC)
  const text = Buffer.concat([cipher.update(JSON.stringify(values), 'utf8'), cipher.final()])
  return Buffer.concat([MAGIC, iv, cipher.getAuthTag(), text])
}

async function decrypt(file: string, key: Buffer): Promise<Readonly<Record<string, string>>> {
  const content = await readFile(file).catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw unreadable(file, error)
  })
  if (!content) return {}
  const textStart = MAGIC.length + IV_OCTETS + TAG_OCTETS
  try {
    if (!content.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('another format')
    const iv = content.subarray(MAGIC.length, MAGIC.length + IV_OCTETS)
    const decipher = createDecipheriv(CIPHER, key, iv).setAAD(MAGIC)
    decipher.setAuthTag(content.subarray(MAGIC.length + IV_OCTETS, textStart))
    const text = Buffer.concat([decipher.update(content.subarray(textStart)), decipher.final()]).toString('utf8')
    return JSON.parse(text) as Record<string, string> // authentic, so written by `encrypt`
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unwritable(file: string, cause: unknown): PosternError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<ProfileErrorCode>('PROFILE_SECRETS_UNWRITABLE', `${file} cannot be written: ${why}`, {
    remedy: 'user',
    advice: 'Check the space on the disk and the permissions; the old secrets are still there.',
    cause,
  })
}

function unreadable(file: string, cause: unknown): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_SECRETS_UNREADABLE',
    `${file} cannot be decrypted: it is damaged, or its key is another one.`,
    {
      remedy: 'user',
      advice: 'Restore the file and its key from a backup, or remove it and give the passwords again.',
      cause,
    },
  )
}
