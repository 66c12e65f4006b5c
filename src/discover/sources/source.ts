import { PosternError } from '../../errors.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import type { MailAddress } from '../mail-address.ts'
import type { Offer } from '../offer.ts'
import type { Probes } from '../probe/probes.ts'
import type { Reach } from '../reach/reach.ts'
import { unlessAborted } from '../unless-aborted.ts'

/** Who is asked, in the order of trust. */
export type SourceName =
  | 'autoconfig'
  | 'autoconfig-well-known'
  | 'autoconfig-mx'
  | 'ispdb'
  | 'srv'
  | 'autodiscover'
  | 'autodiscover-host'
  | 'autodiscover-redirect'
  | 'autodiscover-srv'
  | 'well-known'
  | 'guess'

/** What a source works with. */
export interface SourceContext {
  readonly address: MailAddress
  readonly reach: Reach
  readonly probes: Probes
  /** From 0 to below 1: chooses among SRV records of one priority. */
  readonly random: () => number
}

/** What a source told. */
export interface Told {
  /** In words, for people: never what decides. */
  readonly says: string
  readonly offers: readonly Offer[]
}

/** One place to ask for settings. */
export interface Source {
  readonly name: SourceName
  /** What is asked, as a person would write it. */
  readonly asks: string
  /** @throws {PosternError} when it gives no answer, or none that can be read; the signal's reason. */
  ask(context: SourceContext, signal: AbortSignal): Promise<Told>
}

/** How asking a source went. */
export interface SourceReport extends Told {
  readonly source: SourceName
  readonly asked: string
  readonly outcome: 'offers' | 'nothing' | 'failed' | 'late'
  /** The code of the failure behind it. */
  readonly code: string | undefined
  readonly tookMs: number
}

// Whoever names hundreds of servers would have each of them connected to.
const MAX_OFFERS = 10 // of one protocol
const MAX_SAID = 500 // it is read by people
const ABSENT: DiscoverErrorCode = 'DISCOVER_HOST_UNKNOWN' // most domains have few of the hosts that are asked

/**
 * Asks a source and says how it went. It ends when the time is up, whatever the source still waits for.
 *
 * @throws the signal's reason, and what is no expected failure.
 */
export async function askSource(
  source: Source,
  context: SourceContext,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<SourceReport> {
  const began = performance.now()
  const timeout = AbortSignal.timeout(timeoutMs)
  const about = () => ({ source: source.name, asked: source.asks, tookMs: Math.round(performance.now() - began) })
  const nothing = { offers: [], code: undefined }
  try {
    const told = await unlessAborted(signal => source.ask(context, signal), AbortSignal.any([signal, timeout]))
    const offers = limit(told.offers)
    return { ...about(), ...nothing, says: brief(told.says), offers, outcome: offers.length > 0 ? 'offers' : 'nothing' }
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) {
      return { ...about(), ...nothing, outcome: 'late', says: `no answer within ${timeoutMs / 1000} s` }
    }
    if (!(error instanceof PosternError)) throw error
    const outcome = error.code === ABSENT ? 'nothing' : 'failed'
    return { ...about(), ...nothing, outcome, code: error.code, says: brief(error.message) }
  }
}

/**
 * Joins what several questions of one source came to. Those that nobody answered are told in words.
 *
 * @throws {PosternError} of the first, when nobody answered any.
 */
export async function allThatAnswer(questions: readonly Promise<Told>[]): Promise<Told> {
  const ended = await Promise.allSettled(questions)
  const failures = ended.filter(each => each.status === 'rejected').map(({ reason }) => reason)
  const worst = failures.find(reason => !(reason instanceof PosternError))
  if (worst !== undefined || failures.length === ended.length) throw worst ?? failures[0]
  const told = ended.filter(each => each.status === 'fulfilled').map(({ value }) => value)
  const said = [...told.map(({ says }) => says), ...failures.map(({ message }) => message)]
  return { says: said.filter(text => text !== '').join('; '), offers: told.flatMap(({ offers }) => offers) }
}

/** Cuts what a server says to what a person reads. */
export function brief(text: string): string {
  return text.length > MAX_SAID ? `${text.slice(0, MAX_SAID)}…` : text
}

function limit(offers: readonly Offer[]): readonly Offer[] {
  const counts = new Map<string, number>()
  return offers.filter(({ protocol }) => {
    const count = (counts.get(protocol) ?? 0) + 1
    counts.set(protocol, count)
    return count <= MAX_OFFERS
  })
}
