import { PosternError } from '../../errors.ts'
import { isPaused } from '../../profile/pause.ts'
import type { Profile } from '../../profile/profiles.ts'
import { Approvals } from '../../tls/approvals.ts'
import { verifyPeers } from '../../tls/verified-peer.ts'
import type { Installation } from '../installation.ts'
import type { Network } from '../network/network.ts'
import { fetchPolicy } from './policy-fetch.ts'

const TICK_MS = 15_000
const RETRY_MS = 5 * 60_000 // a server that gave none is asked again earlier than one that did

/** What the runner works on: an installation. */
export type PolicyRunnerHome = Pick<Installation, 'profiles' | 'policies' | 'approvalsFile' | 'log'> & {
  readonly network: Pick<Network, 'proxyTo'>
}

/** How policies are fetched, and when: tests have their own. */
const SURROUNDINGS = { fetch: fetchPolicy, nowMs: () => performance.now() }

/** Fetches the policies that profiles name by URL: at the start, and with the interval of the folder structure. */
export class PolicyRunner implements Disposable {
  readonly #installation: PolicyRunnerHome
  readonly #surroundings: typeof SURROUNDINGS
  readonly #onChanged: (profile: Profile) => void
  readonly #nextMs = new Map<string, number>()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(installation: PolicyRunnerHome, onChanged: (profile: Profile) => void, surroundings = SURROUNDINGS) {
    this.#installation = installation
    this.#onChanged = onChanged
    this.#surroundings = surroundings
  }

  /**
   * Begins. Resolves when every policy that was never seen has been asked for: nothing should be downloaded that one
   * of them would have kept away.
   */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.tick(), TICK_MS).unref()
    const { profiles, policies } = this.#installation
    const isNew = (profile: Profile) => profile.policyUrl !== undefined && !policies.find(profile, 'url')
    const first = profiles.list().filter(isNew)
    await Promise.all(first.map(profile => this.check(profile)))
    void this.tick()
  }

  /** Asks for a profile's policy now. */
  async check({ name }: Pick<Profile, 'name'>): Promise<void> {
    const { profiles, policies } = this.#installation
    const profile = profiles.list().find(each => each.name === name)
    if (!profile || profile.policyUrl === undefined) return
    const key = keyOf(profile)
    this.#nextMs.set(key, this.#surroundings.nowMs() + profile.structureSyncMinutes * 60_000)
    try {
      await this.#fetch(profile, profile.policyUrl)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      if (error instanceof PosternError) policies.failed(profile, 'url', error)
      else this.#installation.log.error({ err: error }, 'fetching a policy hit a bug')
      this.#nextMs.set(key, Math.min(this.#nextMs.get(key) ?? 0, this.#surroundings.nowMs() + RETRY_MS))
    }
  }

  /** Asks for the policies that are due; resolves when all have answered. */
  async tick(): Promise<void> {
    const nowMs = this.#surroundings.nowMs()
    const due = this.#installation.profiles.list().filter(profile => {
      const isOnline = profile.policyUrl !== undefined && !isPaused(profile, Date.now())
      return isOnline && nowMs >= (this.#nextMs.get(keyOf(profile)) ?? 0)
    })
    await Promise.all(due.map(profile => this.check(profile)))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#stopping.abort(new Error('the daemon is stopping'))
  }

  async #fetch(profile: Profile, url: string): Promise<void> {
    const { approvalsFile, policies, profiles, network } = this.#installation
    const known = policies.find(profile, 'url')
    const answer = await this.#surroundings.fetch({
      url,
      etag: known?.etag,
      allowHttp: profile.policyAllowHttp,
      proxyTo: peer => network.proxyTo(profile, peer),
      verifier: verifyPeers(new Approvals(approvalsFile)),
      signal: this.#stopping.signal,
    })
    if (answer.kind === 'unchanged') return
    const policy = answer.kind === 'gone' ? { text: undefined } : { text: answer.text, etag: answer.etag }
    if (await policies.take(profile, 'url', policy)) this.#onChanged(profiles.get(profile.name))
  }
}

// Another URL, or a changed consent, is asked at once.
function keyOf({ number, policyUrl, policyAllowHttp }: Profile): string {
  return `${number} ${policyAllowHttp} ${policyUrl}`
}
