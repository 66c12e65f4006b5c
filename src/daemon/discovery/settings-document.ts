import type { SourceReport } from '../../discover/sources/source.ts'
import type { PosternError } from '../../errors.ts'
import { toWireError, type WireError } from '../control/wire-error.ts'
import type { Refusal } from './refusals.ts'
import { settingsProblem } from './settings-problem.ts'
import type { ChosenServers, FoundSettings, JudgedOffer } from './settings-search.ts'
import type { VerdictKind } from './verdict.ts'

/** Servers as `profile add` takes them. */
export interface ServersDocument {
  /** Null when calendars and contacts alone were searched for. */
  readonly imap: string | null
  readonly smtp: string | null
  /** Where calendars begin, else address books. */
  readonly dav: string | null
  readonly caldav: string | null
  readonly carddav: string | null
  readonly sieve: string | null
  readonly user: string
  /** When the submission server wants another name. */
  readonly smtpUser: string | null
  /** The source of the IMAP server, or of what there is in its place. */
  readonly source: string
}

/** One source, with what became of each of its offers. */
export interface SourceDocument {
  readonly source: string
  readonly asked: string
  readonly outcome: SourceReport['outcome']
  readonly says: string
  readonly tookMs: number
  readonly offers: readonly {
    readonly protocol: string
    readonly url: string
    readonly users: readonly string[]
    readonly verdict: VerdictKind
    readonly says: string
  }[]
}

/** Servers that take OAuth2 alone. */
export interface OauthDocument {
  readonly imap: string
  readonly smtp: string | null
  /** As IMAP names them: XOAUTH2, OAUTHBEARER. */
  readonly mechanisms: readonly string[]
  readonly user: string
  readonly source: string
  /** Why a token should go there only after a yes. */
  readonly doubt: string | null
}

/** What `discover` answers. No password is in it. */
export interface SettingsDocument {
  readonly email: string
  /** Proved by sign-ins; null without a password, or when no IMAP server took it. */
  readonly taken: ServersDocument | null
  /** Without a password: what answers with a good certificate. */
  readonly unverified: ServersDocument | null
  /** Servers that take OAuth2 and no password, when there are no others: what a sign-in in a browser would go on with. */
  readonly oauth2: OauthDocument | null
  /** Why nothing was taken, and nothing unverified is there. */
  readonly error: WireError | null
  /** Hosts that a person has to say yes to before the password goes there; `accept` takes them. */
  readonly asks: readonly { readonly host: string; readonly why: string }[]
  readonly refused: readonly Refusal[]
  readonly tookMs: number
  readonly sources: readonly SourceDocument[]
}

/** Makes the document of a search. */
export function describeSettings(found: FoundSettings): SettingsDocument {
  const problem: PosternError | undefined = settingsProblem(found)
  return {
    email: found.email,
    taken: found.taken ? describeServers(found.taken) : null,
    unverified: found.unverified ? describeServers(found.unverified) : null,
    oauth2: found.taken || found.unverified || found.isGroupwareOnly ? null : describeOauth(found.offers),
    error: problem ? toWireError(problem) : null,
    asks: asksOf(found.offers),
    refused: found.refused,
    tookMs: found.tookMs,
    sources: found.reports.map(report => describeSource(report, found.offers)),
  }
}

function describeServers({ imap, smtp, sieve, caldav, carddav, user, smtpUser }: ChosenServers): ServersDocument {
  const url = (judged: JudgedOffer | undefined) => judged?.offer.url ?? null
  return {
    imap: url(imap),
    smtp: url(smtp),
    dav: url(caldav ?? carddav),
    caldav: url(caldav),
    carddav: url(carddav),
    sieve: url(sieve),
    user,
    smtpUser: smtpUser ?? null,
    source: (imap ?? caldav ?? carddav)?.report.source ?? '',
  }
}

function describeOauth(offers: readonly JudgedOffer[]): OauthDocument | null {
  const ready = offers.filter(({ verdict }) => verdict.kind === 'oauth2-only')
  const imap = ready.find(({ offer }) => offer.protocol === 'imap')
  if (!imap) return null
  const smtps = ready.filter(({ offer }) => offer.protocol === 'smtp')
  const smtp = smtps.find(({ report }) => report === imap.report) ?? smtps[0]
  return {
    imap: imap.offer.url,
    smtp: smtp?.offer.url ?? null,
    mechanisms: imap.verdict.mechanisms ?? [],
    user: imap.offer.users[0] ?? '',
    source: imap.report.source,
    doubt: imap.offer.doubt ?? smtp?.offer.doubt ?? null,
  }
}

function describeSource(report: SourceReport, offers: readonly JudgedOffer[]): SourceDocument {
  const { source, asked, outcome, says, tookMs } = report
  return {
    source,
    asked,
    outcome,
    says,
    tookMs,
    offers: offers
      .filter(judged => judged.report === report)
      .map(({ offer: { protocol, url, users }, verdict: { kind, says } }) => ({
        protocol,
        url,
        users,
        verdict: kind,
        says,
      })),
  }
}

function asksOf(offers: readonly JudgedOffer[]): SettingsDocument['asks'] {
  const waiting = offers.filter(({ verdict }) => verdict.kind === 'needs-yes')
  return [...new Map(waiting.map(({ offer: { host, doubt } }) => [host, { host, why: doubt ?? '' }])).values()]
}
