import { userNamesOf } from '../mail-address.ts'
import { makeDavOffer, type Offer } from '../offer.ts'
import { findDavRoot } from '../probe/probe-dav.ts'
import type { Source, SourceContext, Told } from './source.ts'

const PROTOCOLS = ['caldav', 'carddav'] as const

/** The well-known places of CalDAV and CardDAV at the mail domain (RFC 6764 section 5). */
export function wellKnownSource(domain: string): Source {
  return { name: 'well-known', asks: `https://${domain}/.well-known/caldav and carddav`, ask }
}

async function ask(context: SourceContext, signal: AbortSignal): Promise<Told> {
  const found = await Promise.all(PROTOCOLS.map(protocol => look(protocol, context, signal)))
  return {
    says: found.map(({ says }) => says).join('; '),
    offers: found.flatMap(({ offer }) => (offer ? [offer] : [])),
  }
}

async function look(
  protocol: (typeof PROTOCOLS)[number],
  { reach, address }: SourceContext,
  signal: AbortSignal,
): Promise<{ readonly says: string; readonly offer?: Offer | undefined }> {
  const place = new URL(`https://${address.domain}/.well-known/${protocol}`)
  const root = await findDavRoot(reach, place, signal)
  if (root.kind === 'none') return { says: `${protocol}: ${root.says}` }
  const about = { users: userNamesOf(address), isUserTold: false, doubt: undefined }
  return { says: `${protocol}: ${root.url.href}`, offer: makeDavOffer(root.url.href, { protocol, ...about }) }
}
