import { join } from 'node:path'
import type { ConfigFile } from '../config/config-file.ts'
import type { Home } from '../config/home.ts'
import { type ProfileSettings, profileSettings } from '../config/profile-settings.ts'
import {
  ACCOUNT_KEYS,
  assertStaysBound,
  bindingChanges,
  boundProfile,
  type NewBinding,
  NO_SIGN_IN,
  oauthChanges,
  type SettingChange,
} from './account-settings.ts'
import { isUnbound, profileBound } from './binding.ts'
import { assertAddable, makeLocalPassword, type NewProfile, settingsOfNew } from './new-profile.ts'
import type { OAuthSettings } from './oauth/target.ts'
import type { Policies } from './policies.ts'
import { removeProfileFolders } from './profile-folders.ts'
import { fixedByPolicy, noProfile, profileAmbiguous, profileUnknown } from './profile-refusals.ts'
import type { Secrets } from './secrets.ts'
import { assertSettingKey, settingValue } from './setting-value.ts'
import type { ImportedProfile } from './transfer/imported-profile.ts'

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
    throw profileUnknown(name)
  }

  /**
   * Finds the profile that a command is about: the named one, or the only one.
   *
   * @throws {PosternError} PROFILE_UNKNOWN, PROFILE_NONE, PROFILE_AMBIGUOUS
   */
  choose(name: string | undefined): Profile {
    if (name !== undefined) return this.get(name)
    const all = this.list()
    const [only] = all
    if (!only) throw noProfile()
    if (all.length > 1) throw profileAmbiguous(all.map(profile => profile.name))
    return only
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
      const settings = settingsOfNew(added, this.#config.defaults)
      this.#assertAddable([{ name, settings }])
      return this.#add({ name, settings, password, smtpPassword }, secrets)
    })
  }

  /**
   * Adds profiles with settings of their own, perhaps without passwords. All are looked at before the first is added.
   *
   * @throws {PosternError} PROFILE_EXISTS, PROFILE_INVALID, CONFIG_…
   */
  import(imported: readonly ImportedProfile[], secrets: Secrets): Promise<readonly Profile[]> {
    return this.#inTurn(async () => {
      this.#assertAddable(imported)
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

  #assertAddable(added: readonly ImportedProfile[]): void {
    assertAddable(added, new Set(this.list().map(({ name }) => name)))
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

  /** Sets one setting of a profile from the text that a user typed; an empty text removes it. */
  async set(name: string, key: string, text: string): Promise<Profile> {
    const profile = this.get(name)
    assertSettingKey(key)
    assertStaysBound(profile, key, text)
    return this.#changeAll(name, [[key, text === '' ? undefined : settingValue(key, text)]])
  }

  /**
   * The profile as it would be with these servers.
   *
   * @throws {PosternError} PROFILE_BOUND, PROFILE_INVALID
   */
  boundTo(name: string, account: NewBinding): Profile {
    const profile = this.get(name)
    if (!isUnbound(profile)) throw profileBound(profile)
    return boundProfile(profile, account)
  }

  /**
   * Binds a profile to an account.
   *
   * @throws {PosternError} PROFILE_BOUND, PROFILE_INVALID
   */
  async bind(name: string, account: NewBinding): Promise<Profile> {
    const before = this.get(name)
    return this.#changeAll(name, bindingChanges(before, this.boundTo(name, account)))
  }

  /** Parts a profile from its account: sign-in and servers go. What is stored here stays. */
  async unbind(name: string, secrets: Secrets): Promise<Profile> {
    const { number } = this.get(name)
    // First: whoever is killed in between leaves a profile that cannot sign in, never secrets that nobody knows of.
    await secrets.set(number, NO_SIGN_IN)
    const own = this.ownSettings(name)
    const gone = ACCOUNT_KEYS.filter(key => own.includes(key))
    return this.#changeAll(
      name,
      gone.map(key => [key, undefined]),
    )
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
    const changed = (['automaticFolders', 'priorityFolders'] as const).filter(key => patterns[key] !== profile[key])
    return this.#changeAll(
      name,
      changed.map(key => [key, [...patterns[key]]]),
    )
  }

  /** Lets a profile sign in with OAuth2 from now on, with these settings. */
  async useOAuth(name: string, settings: OAuthSettings): Promise<Profile> {
    return this.#changeAll(name, oauthChanges(this.get(name), settings))
  }

  /** Lets a profile work offline: until it is resumed, or until a time (ISO 8601). */
  async pause(name: string, until: string | undefined): Promise<Profile> {
    return this.#changeAll(name, [
      ['pausedUntil', until],
      ['paused', true],
    ])
  }

  /** Ends a pause. */
  async resume(name: string): Promise<Profile> {
    return this.#changeAll(name, [
      ['paused', undefined],
      ['pausedUntil', undefined],
    ])
  }

  /** Forgets a profile and removes its local data; the server keeps everything. */
  async remove(name: string, secrets: Secrets): Promise<Profile> {
    const profile = this.get(name)
    await this.#config.change(['profiles', name], undefined)
    await secrets.forget(profile.number)
    await removeProfileFolders(this.#home, profile)
    await this.#policies.forget(profile.number)
    return profile
  }

  async #changeAll(name: string, changes: readonly SettingChange[]): Promise<Profile> {
    for (const [key, value] of changes) {
      if (this.get(name).fixed.includes(key)) throw fixedByPolicy(name, key)
      await this.#config.change(['profiles', name, key], value)
    }
    return this.get(name)
  }
}
