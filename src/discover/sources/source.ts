import { PosternError } from '../../errors.ts'
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
  /** The error's code when it failed. */
  readonly code: string | undefined
  readonly tookMs: number
}

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
    return { ...about(), ...nothing, ...told, outcome: told.offers.length > 0 ? 'offers' : 'nothing' }
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) {
      return { ...about(), ...nothing, outcome: 'late', says: `no answer within ${timeoutMs / 1000} s` }
    }
    if (!(error instanceof PosternError)) throw error
    return { ...about(), ...nothing, outcome: 'failed', code: error.code, says: error.message }
  }
}
