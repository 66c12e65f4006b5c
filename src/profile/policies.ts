import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfPresent, replaceFile } from '../config/private-file.ts'
import type { ProfileSettings } from '../config/profile-settings.ts'
import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import { type FixedSettings, knownSettings, parsePolicy, withPolicies } from './policy.ts'

const PRIVATE = 0o600

/** Where a policy came from: the profile's `policyUrl`, or the mail server's METADATA. The first wins. */
export type PolicySource = 'url' | 'metadata'
const SOURCES: readonly PolicySource[] = ['url', 'metadata']

/** A policy that is in force, also while its source cannot be reached. */
export interface KeptPolicy {
  /** The URL, or the server and the user, that it was for: for another one it does not count. */
  readonly identity: string
  readonly settings: FixedSettings
  readonly etag?: string | undefined
  readonly takenAtMs: number
}

type Kept = Readonly<Partial<Record<PolicySource, KeptPolicy>>>

/** The policies of an installation, kept in the home: the last good one of each source. */
export class Policies {
  readonly #dir: string
  readonly #log: Logger
  readonly #kept = new Map<number, Kept>()
  readonly #problems = new Map<string, PosternError>()
  #writes: Promise<unknown> = Promise.resolve()

  private constructor(dir: string, log: Logger) {
    this.#dir = dir
    this.#log = log
  }

  /** Reads what is kept; a damaged file is logged and counts as none. */
  static async open(dir: string, log: Logger): Promise<Policies> {
    const policies = new Policies(dir, log)
    for (const file of await readdir(dir).catch(ignoreAbsent)) {
      const number = Number(/^(\d+)\.json$/.exec(file)?.[1] ?? 0)
      if (number > 0) await policies.#load(number, join(dir, file))
    }
    return policies
  }

  /** Lays what is in force over a profile's own settings. */
  apply<Settings extends ProfileSettings>(own: Settings): Settings & { readonly fixed: readonly string[] } {
    const inForce = SOURCES.map(source => this.find(own, source)).filter(kept => kept !== undefined)
    return withPolicies(
      own,
      inForce.map(({ settings }) => settings),
    )
  }

  /** The policy of a source that is in force for a profile. */
  find(profile: ProfileSettings, source: PolicySource): KeptPolicy | undefined {
    const kept = this.#kept.get(profile.number)?.[source]
    return kept?.identity === identityOf(profile, source) ? kept : undefined
  }

  /** Why a source's newest policy is not in force. */
  problemOf({ number }: ProfileSettings): PosternError | undefined {
    return SOURCES.map(source => this.#problems.get(`${number}/${source}`)).find(problem => problem !== undefined)
  }

  /**
   * Takes a policy that was fetched (undefined: there is none any more) and tells whether another one is in force now.
   * One that is not valid is logged, and the last good one stays.
   */
  async take(
    profile: ProfileSettings,
    source: PolicySource,
    { text, etag }: { readonly text: string | undefined; readonly etag?: string | undefined },
  ): Promise<boolean> {
    try {
      const settings = text === undefined ? undefined : parsePolicy(text)
      this.#problems.delete(`${profile.number}/${source}`)
      // One after the other: both sources of a profile stand in one file.
      const put = this.#writes.then(() => this.#put(profile, source, settings, etag))
      this.#writes = put.catch(() => undefined) // told to this call's caller
      return await put
    } catch (error) {
      this.failed(profile, source, error)
      return false
    }
  }

  /** Notes that a source could not be asked, or gave nothing valid. */
  failed({ number }: ProfileSettings, source: PolicySource, error: unknown): void {
    if (!(error instanceof PosternError)) throw error
    this.#problems.set(`${number}/${source}`, error)
    this.#log.error({ err: error, profile: number, source, says: error.message }, 'a policy cannot be used')
  }

  /** Forgets a profile that is removed. */
  async forget(number: number): Promise<void> {
    const forgotten = this.#writes.then(async () => {
      this.#kept.delete(number)
      await rm(this.#file(number), { force: true })
    })
    this.#writes = forgotten.catch(() => undefined) // told to this call's caller
    await forgotten
  }

  async #put(profile: ProfileSettings, source: PolicySource, settings: FixedSettings | undefined, etag?: string) {
    const before = this.find(profile, source)
    if (!settings && !before) return false
    const { [source]: _replaced, ...others } = this.#kept.get(profile.number) ?? {}
    const identity = identityOf(profile, source)
    const kept = settings ? { ...others, [source]: { identity, settings, etag, takenAtMs: Date.now() } } : others
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    await replaceFile(this.#file(profile.number), `${JSON.stringify(kept, undefined, 2)}\n`, PRIVATE)
    this.#kept.set(profile.number, kept)
    const isChanged = JSON.stringify(settings) !== JSON.stringify(before?.settings)
    if (isChanged)
      this.#log.info(
        { profile: profile.number, source, keys: Object.keys(settings ?? {}) },
        'another policy is in force',
      )
    return isChanged
  }

  async #load(number: number, file: string): Promise<void> {
    try {
      const document: unknown = JSON.parse((await readIfPresent(file)) ?? '{}')
      this.#kept.set(number, parseKept(document))
    } catch (error) {
      this.#log.error({ err: error, file }, 'a kept policy is damaged and not in force until it is fetched again')
    }
  }

  #file(number: number): string {
    return join(this.#dir, `${number}.json`)
  }
}

function identityOf({ policyUrl, imap, user, email }: ProfileSettings, source: PolicySource): string {
  return source === 'url' ? (policyUrl ?? '') : JSON.stringify([imap, user ?? email])
}

function parseKept(document: unknown): Kept {
  if (typeof document !== 'object' || document === null) throw new Error('no policies')
  const kept: Partial<Record<PolicySource, KeptPolicy>> = {}
  for (const source of SOURCES) {
    const policy = source in document ? (document as Readonly<Record<string, unknown>>)[source] : undefined
    if (policy === undefined) continue
    // The fields are checked here; the file is our own.
    const { identity, settings, etag, takenAtMs } = policy as Partial<Record<keyof KeptPolicy, unknown>>
    if (typeof identity !== 'string' || typeof settings !== 'object' || settings === null) throw new Error('no policy')
    kept[source] = {
      identity,
      settings: knownSettings(settings),
      etag: typeof etag === 'string' ? etag : undefined,
      takenAtMs: Number(takenAtMs),
    }
  }
  return kept
}

function ignoreAbsent(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
