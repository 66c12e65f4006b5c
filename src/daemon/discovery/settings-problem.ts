import type { DiscoverErrorCode } from '../../discover/errors.ts'
import { PosternError } from '../../errors.ts'
import type { FoundSettings, JudgedOffer } from './settings-search.ts'
import type { VerdictKind } from './verdict.ts'

const BY_HAND = 'Give the servers’ URLs by hand: postern profile add --help'

interface Explanation {
  readonly code: DiscoverErrorCode
  readonly message: (offer: JudgedOffer, email: string) => string
  readonly advice: (offer: JudgedOffer) => string
}

// What an IMAP server came to, from what a person can do most about to what one can do least about.
const EXPLANATIONS: readonly (readonly [VerdictKind, Explanation])[] = [
  [
    'refused',
    {
      code: 'DISCOVER_PASSWORD_REFUSED',
      message: ({ verdict }) => verdict.says,
      advice: () => 'Check the password; some providers want one of its own for mail programs (an app password).',
    },
  ],
  [
    'needs-yes',
    {
      code: 'DISCOVER_NOT_CONFIRMED',
      message: ({ offer }, email) =>
        `${offer.url} is named for ${email}, but the password goes there only with your yes: ${offer.doubt}.`,
      advice: () => 'If you know that provider, repeat the command with --yes.',
    },
  ],
  [
    'oauth2-only',
    {
      code: 'DISCOVER_OAUTH_ONLY',
      message: ({ offer, verdict }) => `${offer.host}:${offer.port}: ${verdict.says}.`,
      advice: () => 'It wants a sign-in with OAuth2 in a browser. Or ask the provider for an app password.',
    },
  ],
  [
    'untrusted',
    {
      code: 'DISCOVER_UNTRUSTED',
      message: ({ verdict }) => verdict.says,
      advice: ({ offer, verdict }) =>
        `${verdict.code === 'TLS_PIN_MISMATCH' ? 'Do not go on unless who runs the server confirms the new key' : 'If you know this server'}: postern cert approve ${offer.host}:${offer.port}, then repeat the command.`,
    },
  ],
  [
    'no-encryption',
    {
      code: 'DISCOVER_NO_ENCRYPTION',
      message: ({ offer }) =>
        `${offer.host}:${offer.port} speaks ${offer.protocol === 'imap' ? 'IMAP' : 'HTTP'} without encryption only: everybody on the way could read the password.`,
      advice: ({ offer }) =>
        `Ask who runs it for TLS. If nobody can listen: postern profile add NAME ${offer.protocol === 'imap' ? '--imap imap' : '--dav http'}://HOST`,
    },
  ],
  [
    'failed',
    {
      code: 'DISCOVER_NOTHING_FOUND',
      message: ({ offer, verdict }) =>
        `${offer.host}:${offer.port} is there, but nobody could sign in: ${verdict.says}`,
      advice: () => BY_HAND,
    },
  ],
  [
    'stopped',
    {
      code: 'DISCOVER_PASSWORD_REFUSED',
      message: ({ offer }) =>
        `The password was refused several times, and not tried at ${offer.host}:${offer.port} any more.`,
      advice: () => 'Check the password; wait some minutes, since another refusal could lock the account.',
    },
  ],
]

/** Says why a search came to nothing; undefined when it came to something. */
export function settingsProblem(found: FoundSettings): PosternError | undefined {
  if (found.taken || found.unverified) return undefined
  const needed: readonly string[] = found.isGroupwareOnly ? ['caldav', 'carddav'] : ['imap']
  const judgedOffers = found.offers.filter(({ offer }) => needed.includes(offer.protocol))
  for (const [kind, { code, message, advice }] of EXPLANATIONS) {
    const judged = judgedOffers.find(({ verdict }) => verdict.kind === kind)
    if (!judged) continue
    return new PosternError<DiscoverErrorCode>(code, message(judged, found.email), {
      remedy: 'user',
      advice: advice(judged),
    })
  }
  return nothingFound(found, judgedOffers)
}

function behindProxy(email: string, says: string): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_NOTHING_FOUND',
    `No mail server was found for ${email} through the proxy. ${says}`,
    { remedy: 'user', advice: `A DNS server that goes through it: discover.dns https://HOST/dns-query. ${BY_HAND}` },
  )
}

function nothingFound(found: FoundSettings, needed: readonly JudgedOffer[]): PosternError {
  const { email, isDomainKnown, reports, isGroupwareOnly } = found
  const domain = email.slice(email.lastIndexOf('@') + 1)
  if (isDomainKnown === false) {
    return new PosternError<DiscoverErrorCode>('DISCOVER_DOMAIN_UNKNOWN', `There is no domain ${domain}.`, {
      remedy: 'user',
      advice: 'Check the spelling of the address.',
    })
  }
  if (isDomainKnown === undefined) {
    const withheld = reports.find(({ code }) => code === 'DISCOVER_DNS_WITHHELD')
    if (withheld) return behindProxy(email, withheld.says)
    const silent = reports.find(({ code }) => code === 'DISCOVER_DNS_FAILED')
    return new PosternError<DiscoverErrorCode>(
      'DISCOVER_DNS_FAILED',
      silent?.says ?? `DNS gave no answer for ${domain}.`,
      {
        remedy: 'retry',
        advice: 'Check the network, or name another DNS server: postern config set discover.dns IP:PORT',
      },
    )
  }
  const what = isGroupwareOnly ? 'a server of calendars or contacts' : 'an IMAP server'
  const dead = needed.find(({ verdict }) => verdict.kind === 'no-answer')
  const why = dead ? `${dead.offer.url} is named, but ${dead.verdict.says}` : `no source names ${what}`
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_NOTHING_FOUND',
    `No ${isGroupwareOnly ? 'such' : 'mail'} server was found for ${email}: ${why}.`,
    {
      remedy: 'user',
      advice: `See --trace for what was asked. ${BY_HAND}`,
    },
  )
}
