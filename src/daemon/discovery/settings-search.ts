import { type Discovery, discover, type SourcedOffer } from '../../discover/discover.ts'
import { openResolver } from '../../discover/dns/open-resolver.ts'
import type { DiscoverErrorCode } from '../../discover/errors.ts'
import { parseMailAddress } from '../../discover/mail-address.ts'
import type { Offer } from '../../discover/offer.ts'
import type { ProxyTo } from '../../discover/reach/reach.ts'
import type { SourceReport } from '../../discover/sources/source.ts'
import { PosternError } from '../../errors.ts'
import { Approvals } from '../../tls/approvals.ts'
import { verifyPeers } from '../../tls/verified-peer.ts'
import type { Installation } from '../installation.ts'
import { findObstacle } from './obstacle.ts'
import { type Refusal, Refusals } from './refusals.ts'
import { type Credentials, type TrialTools, trySignIn } from './sign-in-trial.ts'
import { failure, needsYes, STOPPED, UNVERIFIED, type Verdict } from './verdict.ts'

const TIMEOUT_MS = 60_000 // of a whole search; sources end after 3 s, and what is dead is known by then
const UNSENT = /^(NET_|TLS_|UPSTREAM_NO_|UPSTREAM_STARTTLS_|DISCOVER_REDIRECT_)/ // failures of what goes before the password

/** What is searched for, and what may be done for it. */
export interface SettingsRequest {
  readonly email: string
  /** Without one, nobody signs in and nothing is taken. */
  readonly password: string | undefined
  /** Hosts outside the mail domain that a person has said yes to, or all of them. */
  readonly accept: readonly string[] | 'all'
  /** Sign-ins that were refused in an earlier search for the same person: see {@link FoundSettings.refused}. */
  readonly refused: readonly Refusal[]
  /** Whether mail is elsewhere: servers of calendars and contacts are searched for alone. */
  readonly isGroupwareOnly?: boolean
}

/** An offer with what became of it. */
export interface JudgedOffer extends SourcedOffer {
  readonly verdict: Verdict
}

/** The servers that a sign-in has proved, or that look as if one would. */
export interface ChosenServers {
  /** Undefined when it was not asked for. */
  readonly imap: JudgedOffer | undefined
  readonly smtp: JudgedOffer | undefined
  readonly sieve: JudgedOffer | undefined
  readonly caldav: JudgedOffer | undefined
  readonly carddav: JudgedOffer | undefined
  readonly user: string
  /** Where the submission server knows the person by another name. */
  readonly smtpUser: string | undefined
}

/** How a search ended. */
export interface FoundSettings {
  readonly email: string
  readonly isGroupwareOnly?: boolean
  /** Proved by sign-ins; undefined when there was no password, or no server of the kind that is needed took it. */
  readonly taken: ChosenServers | undefined
  /** Without a password: the first of each that answers in TLS with a good certificate. */
  readonly unverified: ChosenServers | undefined
  readonly isDomainKnown: boolean | undefined
  readonly reports: readonly SourceReport[]
  /** Every offer of every source, in the order of trust. */
  readonly offers: readonly JudgedOffer[]
  readonly refused: readonly Refusal[]
  readonly tookMs: number
}

/** What became of the offers of a discovery. */
export type JudgedOffers = Omit<FoundSettings, 'email' | 'isGroupwareOnly' | 'tookMs'>

/**
 * Searches the settings for an e-mail address and takes those that a sign-in proves: of each protocol the offer of most
 * trust. The submission server of the source whose IMAP server was taken goes first. The password goes only to hosts whose
 * certificate is trusted or approved; to hosts that DNS alone names outside the mail domain, only when `accept` has them. At
 * most three refusals per server are risked, and four in all.
 *
 * @throws {PosternError} DISCOVER_ADDRESS_INVALID, DISCOVER_RESOLVER_INVALID; the signal's reason. What a server does wrong is
 * a verdict, not an error.
 */
export async function searchSettings(
  installation: Installation,
  request: SettingsRequest,
  signal: AbortSignal,
): Promise<FoundSettings> {
  const began = performance.now()
  parseMailAddress(request.email) // before anything is opened
  const verifier = verifyPeers(new Approvals(installation.approvalsFile))
  const { dns, ispdb } = installation.config.config.discover
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  const bounded = AbortSignal.any([signal, timeout])
  const secure: TrialTools['verifier']['secure'] = (...peer) => verifier.secure(...peer)
  const proxyTo: ProxyTo = server => installation.network.proxyTo(undefined, server)
  const resolver = openResolver(dns, secure, proxyTo)
  using discovery = discover(request.email, { resolver, secure, proxyTo, useIspdb: ispdb, signal: bounded })
  const { log, version } = installation
  const tools = { reach: discovery.reach, verifier, log, version, signal: bounded }
  const found = await searchOffers(discovery, request, tools).catch(error => {
    throw timeout.aborted && !signal.aborted ? endless(request.email, error) : error
  })
  const isGroupwareOnly = request.isGroupwareOnly === true
  return { ...found, email: request.email, isGroupwareOnly, tookMs: Math.round(performance.now() - began) }
}

/**
 * Goes through the offers of a discovery as {@link searchSettings} says.
 *
 * @throws the signal's reason.
 */
export function searchOffers(discovery: Discovery, request: SettingsRequest, tools: TrialTools): Promise<JudgedOffers> {
  return new Search(discovery, request, tools).run()
}

class Search {
  readonly #discovery: Discovery
  readonly #request: SettingsRequest
  readonly #tools: TrialTools
  readonly #refusals: Refusals
  readonly #verdicts = new Map<Offer, Verdict>()

  constructor(discovery: Discovery, request: SettingsRequest, tools: TrialTools) {
    this.#discovery = discovery
    this.#request = request
    this.#tools = tools
    this.#refusals = new Refusals(request.refused)
  }

  async run(): Promise<JudgedOffers> {
    const chosen = await (this.#request.isGroupwareOnly ? this.#chooseDav() : this.#choose())
    const reports = await Promise.all(this.#discovery.reports)
    await this.#judgeTheRest(reports, chosen !== undefined)
    const offers = reports.flatMap(report => report.offers.map(offer => this.#judged({ report, offer })))
    const isTaken = this.#request.password !== undefined
    return {
      taken: isTaken ? chosen : undefined,
      unverified: isTaken ? undefined : chosen,
      isDomainKnown: chosen ? true : await this.#isDomainKnown(),
      reports,
      offers,
      refused: this.#refusals.all,
    }
  }

  async #choose(): Promise<ChosenServers | undefined> {
    const imap = await this.#first(this.#discovery.offers('imap'), ({ users }) => users)
    if (!imap) return undefined
    const { user } = imap
    const own = ({ users, isUserTold }: Offer) => (isUserTold ? users : [user])
    const sameFirst = putFirst(imap.report, this.#discovery.offers('smtp'))
    const [smtp, sieve, caldav, carddav] = await inTurn([
      () => this.#first(sameFirst, own),
      () => this.#first(this.#discovery.offers('sieve'), own),
      () => this.#first(this.#discovery.offers('caldav'), own),
      () => this.#first(this.#discovery.offers('carddav'), own),
    ])
    const smtpUser = smtp && smtp.user !== user ? smtp.user : undefined
    return { imap: this.#judged(imap), ...this.#others({ smtp, sieve, caldav, carddav }), user, smtpUser }
  }

  /** Of the two, one is enough: some accounts have calendars alone. */
  async #chooseDav(): Promise<ChosenServers | undefined> {
    const [caldav, carddav] = await inTurn([
      () => this.#first(this.#discovery.offers('caldav'), ({ users }) => users),
      () => this.#first(this.#discovery.offers('carddav'), ({ users }) => users),
    ])
    const user = (caldav ?? carddav)?.user
    if (user === undefined) return undefined
    const none = { smtp: undefined, sieve: undefined }
    return { imap: undefined, ...this.#others({ ...none, caldav, carddav }), user, smtpUser: undefined }
  }

  #others(found: Record<'smtp' | 'sieve' | 'caldav' | 'carddav', SourcedOffer | undefined>) {
    const judged = (each: SourcedOffer | undefined) => each && this.#judged(each)
    const { smtp, sieve, caldav, carddav } = found
    return { smtp: judged(smtp), sieve: judged(sieve), caldav: judged(caldav), carddav: judged(carddav) }
  }

  /** Tries offers in their order until one is good. */
  async #first(offers: AsyncIterable<SourcedOffer>, users: (offer: Offer) => readonly string[]) {
    for await (const { report, offer } of offers) {
      const { verdict, user } = await this.#try(offer, users(offer))
      this.#verdicts.set(offer, verdict)
      if (user !== undefined) return { report, offer, user }
    }
    return undefined
  }

  async #try(offer: Offer, users: readonly string[]): Promise<{ verdict: Verdict; user?: string | undefined }> {
    const obstacle = await findObstacle(offer, this.#discovery)
    if (obstacle) return { verdict: obstacle }
    const { password } = this.#request
    // Without a password nobody is asked for a yes: what would need one is shown, and told as such.
    if (offer.doubt !== undefined && !this.#accepts(offer)) {
      return { verdict: needsYes(offer.doubt), user: password === undefined ? users[0] : undefined }
    }
    if (password === undefined) return { verdict: UNVERIFIED, user: users[0] }
    return this.#trySignIns(offer, users, password)
  }

  async #trySignIns(offer: Offer, users: readonly string[], password: string) {
    const { addresses = [offer.host] } = await this.#discovery.reach.wayTo(offer)
    const server = addresses.toSorted().join(' ') // behind a proxy its name alone is known
    let verdict: Verdict = { kind: 'refused', says: `${offer.host} has refused the password before` }
    for (const user of users) {
      if (this.#refusals.knows({ server, user })) continue
      if (this.#refusals.areEnough(server)) return { verdict: STOPPED }
      const error = await this.#signIn(offer, { user, password })
      if (!error) return { verdict: { kind: 'taken', says: `signed in as ${user}` } as const, user }
      if (error.code !== 'UPSTREAM_SIGN_IN_REFUSED') {
        if (!UNSENT.test(error.code)) this.#refusals.addUnclear(server)
        return { verdict: failure('failed', error) }
      }
      this.#refusals.add({ server, user })
      verdict = failure('refused', error)
    }
    return { verdict }
  }

  async #signIn(offer: Offer, credentials: Credentials): Promise<PosternError | undefined> {
    try {
      await trySignIn(offer, credentials, this.#tools)
      return undefined
    } catch (error) {
      this.#tools.signal.throwIfAborted()
      if (error instanceof PosternError) return error
      if (error instanceof DOMException && error.name === 'TimeoutError') return tooSlow(offer, error)
      throw error
    }
  }

  /** What nobody had to try is told as well: all of it was looked at meanwhile. */
  async #judgeTheRest(reports: readonly SourceReport[], hasMail: boolean): Promise<void> {
    const left = reports.flatMap(({ offers }) => offers).filter(offer => !this.#verdicts.has(offer))
    await Promise.all(left.map(async offer => this.#verdicts.set(offer, await this.#judgeUntried(offer, hasMail))))
  }

  async #judgeUntried(offer: Offer, hasMail: boolean): Promise<Verdict> {
    const obstacle = await findObstacle(offer, this.#discovery)
    if (obstacle) return obstacle
    if (hasMail) return { kind: 'not-needed', says: 'not needed: a source of more trust has one' }
    // A person who says yes to an IMAP server is asked for its companions at once.
    if (offer.doubt !== undefined && !this.#accepts(offer)) return needsYes(offer.doubt)
    return { kind: 'not-needed', says: 'not tried: there is no IMAP server to go with it' }
  }

  #accepts({ host }: Offer): boolean {
    const { accept } = this.#request
    return accept === 'all' || accept.includes(host)
  }

  #judged(sourced: SourcedOffer): JudgedOffer {
    const verdict = this.#verdicts.get(sourced.offer)
    if (!verdict) throw new Error('an offer that nobody has judged')
    return { ...sourced, verdict }
  }

  async #isDomainKnown(): Promise<boolean | undefined> {
    try {
      return await this.#discovery.isDomainKnown()
    } catch (error) {
      this.#tools.signal.throwIfAborted()
      if (!(error instanceof PosternError)) throw error
      return undefined // the sources tell that DNS is silent
    }
  }
}

function endless(email: string, cause: unknown): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_NOTHING_FOUND',
    `The servers for ${email} came to no answer within ${TIMEOUT_MS / 1000} s.`,
    { remedy: 'retry', advice: 'Try again, or give their URLs by hand: postern profile add --help', cause },
  )
}

function tooSlow({ host, port }: Offer, cause: unknown): PosternError {
  return new PosternError('UPSTREAM_SILENT', `${host}:${port} did not come to an answer in time.`, {
    remedy: 'retry',
    advice: 'Try again.',
    cause,
  })
}

/** The offers of one source, which are known, before those of the others. */
async function* putFirst(first: SourceReport, offers: AsyncIterable<SourcedOffer>): AsyncGenerator<SourcedOffer> {
  for (const offer of first.offers) if (offer.protocol === 'smtp') yield { report: first, offer }
  for await (const each of offers) if (each.report !== first) yield each
}

async function inTurn<Value>(tasks: readonly (() => Promise<Value>)[]): Promise<readonly Value[]> {
  const done: Value[] = []
  for (const task of tasks) done.push(await task())
  return done
}
