import type { Discovery } from '../../discover/discover.ts'
import type { Offer, OfferProtocol } from '../../discover/offer.ts'
import { brief } from '../../discover/sources/source.ts'
import { failure, type Verdict } from './verdict.ts'

const OAUTH: ReadonlySet<string> = new Set(['XOAUTH2', 'OAUTHBEARER', 'BEARER'])
const MAIL = ['SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5']
const WEB = ['BASIC', 'DIGEST']
const PASSWORD: Readonly<Record<OfferProtocol, readonly string[]>> = {
  imap: MAIL,
  smtp: MAIL,
  sieve: MAIL,
  caldav: WEB,
  carddav: WEB,
}

/** What keeps a password from being sent to an offer's server, found without it; undefined when nothing does. */
export async function findObstacle(offer: Offer, discovery: Discovery): Promise<Verdict | undefined> {
  if (offer.security === 'none') return { kind: 'no-encryption', says: 'without encryption' }
  const probed = await discovery.probe(offer)
  if (probed.kind === 'unencrypted') return { kind: 'no-encryption', says: 'it offers no encryption' }
  if (probed.kind === 'untrusted') return failure('untrusted', probed.error)
  if (probed.kind === 'dead') return failure('no-answer', probed.error)
  const { mechanisms } = probed
  if (PASSWORD[offer.protocol].some(name => mechanisms.includes(name))) return undefined
  const oauth = mechanisms.filter(name => OAUTH.has(name))
  if (oauth.length > 0) {
    const says = `it takes no password, only OAuth2 (${oauth.join(', ')})`
    return { kind: 'oauth2-only', says, mechanisms: oauth }
  }
  return {
    kind: 'failed',
    says: `it offers no way to sign in that Postern knows (${brief(mechanisms.join(', ')) || 'none'})`,
  }
}
