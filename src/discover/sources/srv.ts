import { type Resolver, recordsOf, type SrvRecord } from '../dns/resolver.ts'
import { isInside, userNamesOf } from '../mail-address.ts'
import { makeOffer, type Offer } from '../offer.ts'
import { allThatAnswer, type Source, type SourceContext, type Told } from './source.ts'

interface Service extends Pick<Offer, 'protocol' | 'security'> {
  readonly name: string
}

// Of one protocol, TLS from the start goes first (RFC 8314 section 3.3). Those without a TLS variant are read as STARTTLS,
// which is demanded; `_caldav` and `_carddav` mean plain HTTP, which is never used.
const SERVICES: readonly Service[] = [
  { name: '_imaps', protocol: 'imap', security: 'tls' }, // RFC 6186
  { name: '_imap', protocol: 'imap', security: 'starttls' },
  { name: '_submissions', protocol: 'smtp', security: 'tls' }, // RFC 8314
  { name: '_submission', protocol: 'smtp', security: 'starttls' },
  { name: '_sieve', protocol: 'sieve', security: 'starttls' }, // RFC 5804
  { name: '_caldavs', protocol: 'caldav', security: 'tls' }, // RFC 6764
  { name: '_carddavs', protocol: 'carddav', security: 'tls' },
]

/** The SRV records of the mail domain. Targets outside need a person's yes: DNS can be forged (RFC 6186 section 6). */
export function srvSource(domain: string): Source {
  return { name: 'srv', asks: `SRV records of ${domain}`, ask }
}

async function ask(context: SourceContext): Promise<Told> {
  const found = await allThatAnswer(SERVICES.map(service => lookUp(service, context)))
  return { says: found.says || 'no records', offers: found.offers }
}

async function lookUp(service: Service, context: SourceContext): Promise<Told> {
  const { address, reach, random } = context
  const name = `${service.name}._tcp`
  const records = recordsOf(await reach.resolver.srv(`${name}.${address.domain}`))
  const ordered = orderRecords(records, random)
  // RFC 2782: a lone target of `.` means that the service is decidedly not there.
  const targets = ordered.filter(({ target }) => target !== '' && target !== '.')
  if (records.length > 0 && targets.length === 0) return { says: `${name} is not offered`, offers: [] }
  const path = targets.length > 0 ? await pathOf(service, address.domain, reach.resolver) : undefined
  const offers = targets
    .map(({ target, port }) =>
      makeOffer({ ...service, host: target, port, path: path ?? '', ...about(context, target) }),
    )
    .filter(offer => offer !== undefined)
  return { says: targets.map(({ target, port }) => `${name} ${target}:${port}`).join('; '), offers }
}

function about({ address }: SourceContext, target: string): Pick<Offer, 'users' | 'isUserTold' | 'doubt'> {
  const isOwn = isInside(target.toLowerCase().replace(/\.$/, ''), address.domain)
  const doubt = isOwn ? undefined : `DNS alone names ${target}, which is outside ${address.domain}`
  return { users: userNamesOf(address), isUserTold: false, doubt }
}

// RFC 6764 section 4: the path stands in a TXT record of the same name, else in the well-known place.
async function pathOf({ protocol, name }: Service, domain: string, resolver: Resolver): Promise<string | undefined> {
  if (protocol !== 'caldav' && protocol !== 'carddav') return undefined
  const texts = recordsOf(await resolver.txt(`${name}._tcp.${domain}`))
  const [told] = texts.map(text => /^path=(\/.*)$/i.exec(text)?.[1]).filter(path => path !== undefined)
  return told ?? `/.well-known/${protocol}`
}

const MAX_RECORDS = 100 // far more than are tried; ordering takes their square

/** Puts records into the order in which they are to be tried: by priority, then by chance and weight (RFC 2782). Of very many, the rest is left out. */
export function orderRecords(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  const ordered: SrvRecord[] = []
  // Those of weight 0 first, so that they have a small chance.
  const left = records
    .toSorted((one, other) => one.priority - other.priority || one.weight - other.weight)
    .slice(0, MAX_RECORDS)
  while (left.length > 0) {
    const group = left.filter(({ priority }) => priority === left[0]?.priority)
    let choice = Math.floor(random() * (1 + group.reduce((sum, { weight }) => sum + weight, 0)))
    const chosen = Math.max(
      0,
      group.findIndex(({ weight }) => {
        choice -= weight
        return choice <= 0
      }),
    )
    ordered.push(...left.splice(chosen, 1))
  }
  return ordered
}
