import { dnsFailed } from './dns/dns-failed.ts'
import type { Resolver } from './dns/resolver.ts'
import { type MailAddress, parseMailAddress } from './mail-address.ts'
import type { Offer, OfferProtocol } from './offer.ts'
import { type Probed, Probes } from './probe/probes.ts'
import { type ProxyTo, Reach, type ReachOptions, type Secure } from './reach/reach.ts'
import { autoconfigMxSource, autoconfigSources, ispdbSource } from './sources/autoconfig.ts'
import { autodiscoverSources } from './sources/autodiscover.ts'
import { guessSource } from './sources/guess.ts'
import { askSource, type Source, type SourceContext, type SourceReport } from './sources/source.ts'
import { srvSource } from './sources/srv.ts'
import { wellKnownSource } from './sources/well-known.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Each source has this long; all are asked at once. */
export const SOURCE_TIMEOUT_MS = 3000

/** What a discovery works with. */
export interface DiscoverOptions {
  /** Ended together with the discovery. */
  readonly resolver: Resolver
  /** The daemon's verifier: what it lets through is whom a password may be sent to. */
  readonly secure: Secure
  /** Without it, every way is direct. */
  readonly proxyTo?: ProxyTo
  /** Whether Mozilla's database of providers may be told the domain. */
  readonly useIspdb: boolean
  readonly signal: AbortSignal
  /** For tests: less than a source has otherwise, other connections, the choice among SRV records. */
  readonly sourceTimeoutMs?: number
  readonly connect?: ReachOptions['connect']
  readonly random?: () => number
}

/** An offer together with who made it. */
export interface SourcedOffer {
  readonly report: SourceReport
  readonly offer: Offer
}

/**
 * A search for the servers of an e-mail address, under way since it was made. All sources are asked at once, and every server
 * that one of them names is looked at at once (connected to, its certificate verified, asked for its ways to sign in), so that
 * whoever goes through the offers in the order of trust waits for the slowest only if it has to. No password is known here.
 */
export interface Discovery extends Disposable {
  readonly address: MailAddress
  /** What each source said, in the order of trust; each one settles within {@link SOURCE_TIMEOUT_MS}. */
  readonly reports: readonly Promise<SourceReport>[]
  /** The way to the servers that were named: looked up and judged once. */
  readonly reach: Reach
  /** The offers for a protocol in the order of trust, each as soon as all sources of more trust have answered. */
  offers(protocol: OfferProtocol): AsyncIterable<SourcedOffer>
  /** What was found at an offer's server. */
  probe(offer: Offer): Promise<Probed>
  /** Whether DNS knows the mail domain at all. @throws {PosternError} DISCOVER_DNS_FAILED; the signal's reason */
  isDomainKnown(): Promise<boolean>
}

/**
 * Begins a search. Dispose of it when the offers have served; until then its connections may last.
 *
 * @throws {PosternError} DISCOVER_ADDRESS_INVALID
 */
export function discover(email: string, options: DiscoverOptions): Discovery {
  const {
    resolver,
    secure,
    proxyTo,
    connect,
    random = Math.random,
    sourceTimeoutMs: timeoutMs = SOURCE_TIMEOUT_MS,
  } = options
  const address = parseMailAddress(email)
  const ending = new AbortController()
  const signal = AbortSignal.any([options.signal, ending.signal])
  const reach = new Reach({
    ...{ domain: address.domain, resolver, secure },
    ...(proxyTo ? { proxyTo } : {}),
    ...(connect ? { connect } : {}),
  })
  const probes = new Probes(reach, signal)
  const context: SourceContext = { address, reach, probes, random }
  const reports = sourcesFor(address, options).map(async source => {
    const report = await askSource(source, context, { signal, timeoutMs })
    for (const offer of report.offers) void probes.of(offer)
    return report
  })
  for (const report of reports) report.catch(() => undefined) // told to whoever waits for it
  return {
    address,
    reports,
    reach,
    offers: protocol => offersOf(reports, protocol),
    probe: offer => probes.of(offer),
    isDomainKnown: () => isKnown(address.domain, resolver, { signal, timeoutMs }),
    [Symbol.dispose]: () => {
      ending.abort(new Error('the search is over'))
      resolver[Symbol.dispose]()
    },
  }
}

// The order of trust: what the domain says over https; whom it pays for mail; DNS; what may be forged on the way; guesses.
function sourcesFor({ domain }: MailAddress, { useIspdb }: DiscoverOptions): readonly Source[] {
  return [
    ...autoconfigSources(domain),
    autoconfigMxSource(domain),
    ...(useIspdb ? [ispdbSource(domain)] : []),
    srvSource(domain),
    ...autodiscoverSources(domain),
    wellKnownSource(domain),
    guessSource(domain),
  ]
}

async function isKnown(
  domain: string,
  resolver: Resolver,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<boolean> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await unlessAborted(() => resolver.addresses(domain), AbortSignal.any([signal, timeout]))
    return answer.kind !== 'no-such-name'
  } catch (error) {
    signal.throwIfAborted()
    throw timeout.aborted ? dnsFailed(domain, 'too late', error) : error
  }
}

async function* offersOf(
  reports: readonly Promise<SourceReport>[],
  protocol: OfferProtocol,
): AsyncGenerator<SourcedOffer> {
  for (const pending of reports) {
    const report = await pending
    for (const offer of report.offers) if (offer.protocol === protocol) yield { report, offer }
  }
}
