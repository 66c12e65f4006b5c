import { userNamesOf } from '../mail-address.ts'
import { makeDavOffer } from '../offer.ts'
import { findDavRoot } from '../probe/probe-dav.ts'
import { allThatAnswer, type Source, type SourceContext, type Told } from './source.ts'

const PROTOCOLS = ['caldav', 'carddav'] as const

/** The well-known places of CalDAV and CardDAV at the mail domain (RFC 6764 section 5). */
export function wellKnownSource(domain: string): Source {
  return { name: 'well-known', asks: `https://${domain}/.well-known/caldav and carddav`, ask }
}

async function ask(context: SourceContext, signal: AbortSignal): Promise<Told> {
  return allThatAnswer(PROTOCOLS.map(protocol => look(protocol, context, signal)))
}

async function look(
  protocol: (typeof PROTOCOLS)[number],
  { reach, address }: SourceContext,
  signal: AbortSignal,
): Promise<Told> {
  const place = new URL(`https://${address.domain}/.well-known/${protocol}`)
  const root = await findDavRoot(reach, place, signal)
  if (root.kind === 'none') return { says: `${protocol}: ${root.says}`, offers: [] }
  const about = { users: userNamesOf(address), isUserTold: false, doubt: undefined }
  const offer = makeDavOffer(root.url.href, { protocol, ...about })
  return { says: `${protocol}: ${root.url.href}`, offers: offer ? [offer] : [] }
}
