import { randomBytes } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ConfigFile } from '../config/config-file.ts'
import type { Home } from '../config/home.ts'
import type { Upstreams } from '../config/installation-defaults.ts'
import { type ProfileSettings, profileName, profileSettings } from '../config/profile-settings.ts'
import { PosternError } from '../errors.ts'
import {
  keptCopyPrefix,
  removedDir,
  replacedDirPrefix,
  restoredDir,
  restoringDir,
  unpackedDir,
} from '../store/store-folders.ts'
import { isGroupwareOnly, isUnbound, profileBound, profileUnbound } from './binding.ts'
import type { ProfileErrorCode } from './errors.ts'
import type { OAuthSettings } from './oauth/target.ts'
import type { Policies } from './policies.ts'
import type { Secrets } from './secrets.ts'
import { type ImportedProfile, type ImportedSettings, importedSettings } from './transfer/imported-profile.ts'

const LOCAL_PASSWORD_OCTETS = 15 // 20 letters to type into Outlook

const OAUTH_KEYS = ['oauthProvider', 'oauthIssuer', 'oauthClientId', 'oauthScopes'] as const

/** What belongs to the account, and goes with it. */
const SIGN_IN_KEYS = [
  ...OAUTH_KEYS,
  'auth',
  'user',
  'smtpAuth',
  'smtpUser',
  'smtp',
  'dav',
  'carddav',
  'sieve',
  'mailIn',
  'imap',
] as const
const NO_SIGN_IN = { password: undefined, smtpPassword: undefined, oauth: undefined, clientCertificate: undefined }

/** An account that a profile is to be bound to. */
export interface NewBinding extends Pick<NewProfile, 'smtp' | 'sieve' | 'user' | 'auth'> {
  readonly imap: string
  /** Undefined for that which the profile has. */
  readonly email?: string | undefined
}

/** A profile: an account of the real server, with its name here. */
export interface Profile extends ProfileSettings {
  readonly name: string
  /** The folder of its store. */
  readonly dir: string
  /** The settings that a policy fixes. */
  readonly fixed: readonly string[]
}

/** Which folders are synchronized by themselves, and how often. */
export type FolderPatterns = Readonly<Record<'automaticFolders' | 'priorityFolders', readonly string[]>>

/** What is needed to add a profile. */
export interface NewProfile {
  readonly name: string
  readonly email: string
  /** Without it, the administrator’s templates tell the servers. */
  readonly imap?: string | undefined
  readonly smtp?: string | undefined
  readonly dav?: string | undefined
  readonly carddav?: string | undefined
  readonly sieve?: string | undefined
  /** Whether mail is an account of Outlook's own. */
  readonly isGroupwareOnly?: boolean | undefined
  readonly user?: string | undefined
  /** Undefined with OAuth2. */
  readonly password?: string | undefined
  readonly auth?: ProfileSettings['auth'] | undefined
  /** True by default. */
  readonly rememberPassword?: boolean | undefined
  /** As the IMAP server by default. */
  readonly smtpAuth?: 'own' | 'none' | undefined
  readonly smtpUser?: string | undefined
  readonly smtpPassword?: string | undefined
  /** Without an account: nobody is to be asked. */
  readonly isLocal?: boolean | undefined
}

/** The profiles of an installation: settings in config.yaml, secrets apart. */
export class Profiles {
  readonly #home: Home
  readonly #config: ConfigFile
  readonly #policies: Policies
  #adding: Promise<unknown> = Promise.resolve()

  constructor(home: Home, config: ConfigFile, policies: Policies) {
    this.#home = home
    this.#config = config
    this.#policies = policies
  }

  /** The profiles with the settings that count: their own, under what policies fix. */
  list(): readonly Profile[] {
    return Object.entries(this.#config.config.profiles)
      .map(([name, settings]) => ({
        ...this.#policies.apply({ ...this.#config.defaults.settingsFor(settings.email), ...settings }),
        name,
        dir: join(this.#home.profilesDir, name),
      }))
      .sort((left, right) => left.number - right.number)
  }

  /** @throws {PosternError} PROFILE_UNKNOWN */
  get(name: string): Profile {
    const found = this.list().find(profile => profile.name === name)
    if (found) return found
    throw new PosternError<ProfileErrorCode>('PROFILE_UNKNOWN', `There is no profile ${JSON.stringify(name)}.`, {
      remedy: 'user',
      advice: 'See `postern profile list`.',
    })
  }

  /**
   * Finds the profile that a command is about: the named one, or the only one.
   *
   * @throws {PosternError} PROFILE_UNKNOWN, PROFILE_NONE, PROFILE_AMBIGUOUS
   */
  choose(name: string | undefined): Profile {
    if (name !== undefined) return this.get(name)
    const [only, second] = this.list()
    if (only && !second) return only
    if (!only) {
      throw new PosternError<ProfileErrorCode>('PROFILE_NONE', 'There is no profile yet.', {
        remedy: 'user',
        advice: 'Add one: postern profile add NAME --email ADDRESS --imap imaps://HOST --smtp smtps://HOST',
      })
    }
    throw new PosternError<ProfileErrorCode>('PROFILE_AMBIGUOUS', 'There are several profiles.', {
      remedy: 'user',
      advice: `Say which one with --profile: ${this.list()
        .map(profile => profile.name)
        .join(', ')}.`,
    })
  }

  /** Finds the profile that a local client names: by its e-mail address, by an alias, or by its name. */
  findByUser(user: string): Profile | undefined {
    const wanted = user.toLowerCase()
    const profiles = this.list()
    return (
      profiles.find(({ email }) => email.toLowerCase() === wanted) ??
      profiles.find(({ aliases = [] }) => aliases.some(alias => alias.toLowerCase() === wanted)) ??
      profiles.find(({ name }) => name.toLowerCase() === wanted)
    )
  }

  /**
   * Adds a profile; one after the other, so that each has a name and a number of its own.
   *
   * @throws {PosternError} PROFILE_EXISTS, PROFILE_INVALID, CONFIG_…
   */
  add(added: NewProfile, secrets: Secrets): Promise<Profile> {
    const { name, password, smtpPassword } = added
    return this.#inTurn(async () => {
      const settings = this.#settingsOf(added)
      this.#assertAddable({ name, settings })
      return this.#add({ name, settings, password, smtpPassword }, secrets)
    })
  }

  #settingsOf({ email, imap, isGroupwareOnly, isLocal, ...rest }: NewProfile): ImportedSettings {
    if (isLocal) return { email }
    const { smtp, dav, carddav, sieve, user, auth, smtpAuth, smtpUser } = rest
    if (isGroupwareOnly && dav === undefined) throw noServers(email, '--dav https://HOST')
    const servers = isGroupwareOnly ? {} : imap === undefined ? { ...this.#upstreamsFor(email) } : { imap }
    const mailIn = isGroupwareOnly ? 'outlook' : undefined
    const rememberPassword = rest.rememberPassword === false ? false : undefined // its default is not written
    const all = { smtp, dav, carddav, sieve, mailIn, user, auth, rememberPassword, smtpAuth, smtpUser }
    const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== '')
    return { email, ...servers, ...Object.fromEntries(given) }
  }

  /**
   * Adds profiles with settings of their own, perhaps without passwords. All are looked at before the first is added.
   *
   * @throws {PosternError} PROFILE_EXISTS, PROFILE_INVALID, CONFIG_…
   */
  import(imported: readonly ImportedProfile[], secrets: Secrets): Promise<readonly Profile[]> {
    return this.#inTurn(async () => {
      const names = new Set<string>()
      for (const each of imported) {
        this.#assertAddable(each)
        if (names.has(each.name.toLowerCase())) throw exists(each.name)
        names.add(each.name.toLowerCase())
      }
      const added: Profile[] = []
      for (const each of imported) added.push(await this.#add(each, secrets))
      return added
    })
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#adding.then(work)
    this.#adding = done.catch(() => undefined) // told to this call's caller
    return done
  }

  #assertAddable({ name, settings }: ImportedProfile): void {
    assertName(name)
    if (this.list().some(profile => profile.name.toLowerCase() === name.toLowerCase())) throw exists(name)
    const checked = importedSettings.safeParse(settings)
    if (!checked.success) throw invalid(checked.error.issues[0])
  }

  async #add({ name, settings: given, ...passwords }: ImportedProfile, secrets: Secrets): Promise<Profile> {
    // Whoever edits the file by hand may have lost the count.
    const number = Math.max(this.#config.config.nextProfileNumber, ...this.list().map(({ number }) => number + 1))
    const settings = { number, ...given }
    // The number is spent first: a crash in between costs a number, never gives one twice.
    await this.#config.change(['nextProfileNumber'], number + 1)
    const isRemembered = given.rememberPassword !== false
    await secrets.set(number, { ...(isRemembered ? passwords : {}), localPassword: makeLocalPassword() })
    await this.#config.change(['profiles', name], settings)
    if (!isRemembered) await secrets.set(number, passwords) // its setting counts from now on
    return this.get(name)
  }

  #upstreamsFor(email: string): Upstreams {
    const upstreams = this.#config.defaults.upstreamsFor(email)
    if (upstreams) return upstreams
    throw noServers(email, '--imap imaps://HOST --smtp smtps://HOST')
  }

  /** Sets one setting of a profile from the text that a user typed; an empty text removes it. */
  async set(name: string, key: string, text: string): Promise<Profile> {
    const profile = this.get(name)
    if (!Object.hasOwn(profileSettings.shape, key) || key === 'number') throw unknownSetting(key)
    if (key === 'imap' || (key === 'dav' && isGroupwareOnly(profile))) assertStaysBound(profile, key, text)
    await this.#change(name, key, text === '' ? undefined : settingValue(key, text))
    return this.get(name)
  }

  /**
   * The profile as it would be with these servers.
   *
   * @throws {PosternError} PROFILE_BOUND, PROFILE_INVALID
   */
  boundTo(name: string, account: NewBinding): Profile {
    const profile = this.get(name)
    if (!isUnbound(profile)) throw profileBound(profile)
    const given = Object.fromEntries(Object.entries(account).filter(([, value]) => value !== undefined))
    const checked = importedSettings.partial().safeParse(given)
    if (!checked.success) throw invalid(checked.error.issues[0])
    return { ...profile, ...given } as Profile // what was given has just been checked
  }

  /**
   * Binds a profile to an account. The IMAP server is set last: with it the profile is bound.
   *
   * @throws {PosternError} PROFILE_BOUND, PROFILE_INVALID
   */
  async bind(name: string, account: NewBinding): Promise<Profile> {
    const before = this.get(name)
    const { imap, ...others } = this.boundTo(name, account)
    for (const key of ['email', 'user', 'smtp', 'sieve', 'auth'] as const) {
      if (others[key] !== before[key]) await this.#change(name, key, others[key])
    }
    await this.#change(name, 'imap', imap)
    return this.get(name)
  }

  /** Parts a profile from its account: sign-in and servers go. What is stored here stays. */
  async unbind(name: string, secrets: Secrets): Promise<Profile> {
    const { number } = this.get(name)
    // First: whoever is killed in between leaves a profile that cannot sign in, never secrets that nobody knows of.
    await secrets.set(number, NO_SIGN_IN)
    const own = this.ownSettings(name)
    for (const key of SIGN_IN_KEYS) if (own.includes(key)) await this.#change(name, key, undefined)
    return this.get(name)
  }

  /** The settings that a profile has of its own, in config.yaml. */
  ownSettings(name: string): readonly string[] {
    return Object.keys(profileSettings.shape).filter(key => this.#config.isSet(['profiles', name, key]))
  }

  /** The values of these settings, whatever a policy fixes. */
  ownValues(name: string): Readonly<Record<string, unknown>> {
    const own = this.ownSettings(name)
    return Object.fromEntries(
      Object.entries(this.#config.config.profiles[name] ?? {}).filter(([key]) => own.includes(key)),
    )
  }

  /** Sets the patterns of automatic and priority folders, as far as they have changed. */
  async setFolderPatterns(name: string, patterns: FolderPatterns): Promise<Profile> {
    const profile = this.get(name)
    for (const key of ['automaticFolders', 'priorityFolders'] as const) {
      if (patterns[key] !== profile[key]) await this.#change(name, key, [...patterns[key]])
    }
    return this.get(name)
  }

  /** Lets a profile sign in with OAuth2 from now on, with these settings. */
  async useOAuth(name: string, settings: OAuthSettings): Promise<Profile> {
    const before = this.get(name)
    for (const key of OAUTH_KEYS) {
      if (JSON.stringify(settings[key]) !== JSON.stringify(before[key])) await this.#change(name, key, settings[key])
    }
    if (before.auth !== 'oauth2') await this.#change(name, 'auth', 'oauth2')
    return this.get(name)
  }

  /** Lets a profile work offline: until it is resumed, or until a time (ISO 8601). */
  async pause(name: string, until: string | undefined): Promise<Profile> {
    await this.#change(name, 'pausedUntil', until)
    await this.#change(name, 'paused', true)
    return this.get(name)
  }

  /** Ends a pause. */
  async resume(name: string): Promise<Profile> {
    await this.#change(name, 'paused', undefined)
    await this.#change(name, 'pausedUntil', undefined)
    return this.get(name)
  }

  /** Forgets a profile and removes its local data; the server keeps everything. */
  async remove(name: string, secrets: Secrets): Promise<Profile> {
    const profile = this.get(name)
    await this.#config.change(['profiles', name], undefined)
    await secrets.forget(profile.number)
    // Renamed first: a crash in between must not leave half a store under a name that may be used again.
    const doomed = `${profile.dir}.removed-${profile.number}`
    await rename(profile.dir, doomed).catch(ignoreAbsent)
    for (const dir of [doomed, ...(await leftBeside(profile.dir))]) await rm(dir, { recursive: true, force: true })
    await rm(join(this.#home.outboxDir, String(profile.number)), { recursive: true, force: true })
    await this.#policies.forget(profile.number)
    return profile
  }

  async #change(name: string, key: string, value: unknown): Promise<void> {
    if (this.get(name).fixed.includes(key)) throw fixedByPolicy(name, key)
    await this.#config.change(['profiles', name, key], value)
  }
}

function noServers(email: string, options: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_NO_SERVERS', `Nobody has said what servers ${email} has.`, {
    remedy: 'user',
    advice: `Give them: ${options}.`,
  })
}

// What the store knows of a server is true of that one only: to bind and to unbind are steps of their own.
function assertStaysBound(profile: Profile, key: 'imap' | 'dav', url: string): void {
  if (isUnbound(profile)) throw profileUnbound(profile)
  if (url !== '') return
  throw new PosternError<ProfileErrorCode>(
    'PROFILE_INVALID',
    `${profile.name} cannot do without its ${key === 'imap' ? 'IMAP server' : 'DAV server'}.`,
    {
      remedy: 'user',
      advice: `To part it from its account and keep the local data: postern profile unbind ${profile.name}`,
    },
  )
}

/** Reads what a user typed as the setting's type: a number, yes or no, text, or a list with commas. */
function settingValue(key: string, text: string): unknown {
  const schema = profileSettings.shape[key as keyof typeof profileSettings.shape] // the caller has checked the key
  const words = text.split(',').map(word => word.trim())
  const readings = [scalarOf(text), text, words].map(value => ({ value, checked: schema.safeParse(value) }))
  // Where none will do, the one of the right type tells best what is wrong.
  const isOfType = ({ checked }: (typeof readings)[number]) => checked.error?.issues[0]?.code !== 'invalid_type'
  return (readings.find(({ checked }) => checked.success) ?? readings.find(isOfType))?.value ?? text
}

function scalarOf(text: string): unknown {
  if (/^(true|yes|on)$/i.test(text)) return true
  if (/^(false|no|off)$/i.test(text)) return false
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** Folders with mail of a profile that a restore has put aside, or not finished. */
async function leftBeside(dir: string): Promise<readonly string[]> {
  const names = await readdir(dirname(dir)).catch(ignoreNone)
  const beside = names
    .map(name => join(dirname(dir), name))
    .filter(path => path.startsWith(replacedDirPrefix(dir)) || path.startsWith(keptCopyPrefix(dir)))
  return [...beside, restoringDir(dir), restoredDir(dir), unpackedDir(dir), removedDir(dir)]
}

function ignoreNone(error: NodeJS.ErrnoException): string[] {
  ignoreAbsent(error)
  return []
}

function assertName(name: string): void {
  const checked = profileName.safeParse(name)
  if (!checked.success) throw invalid({ path: ['name'], message: checked.error.issues[0]?.message ?? '' })
}

function invalid(issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): PosternError {
  const what = `${issue?.path.map(String).join('.')}: ${issue?.message}`
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `The profile is not valid: ${what}.`, {
    remedy: 'user',
    advice: 'See `postern profile add --help` for an example.',
  })
}

function exists(name: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_EXISTS', `There is a profile ${JSON.stringify(name)} already.`, {
    remedy: 'user',
    advice: 'Choose another name, or remove that profile first with `postern profile remove`.',
  })
}

function unknownSetting(key: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `A profile has no setting ${JSON.stringify(key)}.`, {
    remedy: 'user',
    advice: `Settings are: ${Object.keys(profileSettings.shape)
      .filter(name => name !== 'number')
      .join(', ')}.`,
  })
}

function fixedByPolicy(name: string, key: string): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_FIXED_BY_POLICY',
    `${key} of ${name} is fixed by a policy of an administrator.`,
    { remedy: 'user', advice: `Ask the administrator. See what is fixed: postern profile show ${name}` },
  )
}

// Letters and digits that are not mistaken for each other.
function makeLocalPassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(randomBytes(LOCAL_PASSWORD_OCTETS + 5), octet => alphabet[octet % alphabet.length]).join('')
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
