import { PosternError } from '../../errors.ts'
import { recordsOf } from '../dns/resolver.ts'
import { hostName, isInside } from '../mail-address.ts'
import { askFollowing } from '../reach/http.ts'
import { type Doubt, readAutoconfig } from './autoconfig-document.ts'
import type { Source, SourceContext, Told } from './source.ts'
import { parseXml } from './xml-tree.ts'

const MAX_MX_PARENTS = 2 // mx1.mail.provider.example: mail.provider.example, then provider.example
const ISPDB = 'https://autoconfig.thunderbird.net/v1.1/'

/**
 * Mozilla's autoconfig at the mail domain's own places. What they say, the domain says, as its certificate proves: it needs
 * no other yes.
 */
export function autoconfigSources(domain: string): readonly Source[] {
  const host = `https://autoconfig.${domain}/mail/config-v1.1.xml`
  const wellKnown = `https://${domain}/.well-known/autoconfig/mail/config-v1.1.xml`
  return [
    { name: 'autoconfig', asks: host, ask: (context, signal) => fetchOwn(host, context, signal) },
    { name: 'autoconfig-well-known', asks: wellKnown, ask: (context, signal) => fetchOwn(wellKnown, context, signal) },
  ]
}

/** Mozilla's autoconfig at the domain of whoever takes the mail. DNS alone says who that is. */
export function autoconfigMxSource(domain: string): Source {
  return { name: 'autoconfig-mx', asks: `autoconfig of the mail exchangers of ${domain}`, ask: askMx }
}

/** Mozilla's database of providers, by the domain's name alone. */
export function ispdbSource(domain: string): Source {
  const url = `${ISPDB}${domain}`
  return {
    name: 'ispdb',
    asks: url,
    ask: (context, signal) => fetchFrom(url, context, { doubt: () => undefined, signal }),
  }
}

function fetchOwn(place: string, context: SourceContext, signal: AbortSignal): Promise<Told> {
  const url = `${place}?emailaddress=${encodeURIComponent(context.address.address)}`
  return fetchFrom(url, context, { doubt: () => undefined, signal })
}

async function askMx(context: SourceContext, signal: AbortSignal): Promise<Told> {
  const { domain } = context.address
  const exchangers = recordsOf(await context.reach.resolver.mx(domain))
  const [first] = exchangers.toSorted((one, other) => one.priority - other.priority)
  const exchange = hostName(first?.exchange ?? '') // addresses are seen there, and DNS carries any octets
  const parents = exchange ? parentsOf(exchange).filter(parent => parent !== domain) : []
  const says: string[] = [exchange ? `mail goes to ${exchange}` : 'there is no mail exchanger that is named']
  for (const parent of parents) {
    const doubt: Doubt = host =>
      isInside(host, domain) ? undefined : `DNS alone names ${exchange}, whose domain names ${host}`
    const told = await fetchFrom(`https://autoconfig.${parent}/mail/config-v1.1.xml`, context, { doubt, signal }).catch(
      (error): Told => {
        signal.throwIfAborted()
        if (!(error instanceof PosternError)) throw error
        return { says: error.message, offers: [] }
      },
    )
    says.push(`${parent}: ${told.says}`)
    if (told.offers.length > 0) return { says: says.join('; '), offers: told.offers }
  }
  return { says: says.join('; '), offers: [] }
}

// Without a list of public suffixes, what looks like one (co.uk, com.br) is left out: nobody's settings lie there.
function parentsOf(host: string): readonly string[] {
  const labels = host.split('.')
  return [1, 2]
    .map(cut => labels.slice(cut))
    .filter(rest => rest.length > 2 || (rest.length === 2 && !/^[a-z]{1,3}\.[a-z]{2}$/.test(rest.join('.'))))
    .map(rest => rest.join('.'))
    .slice(0, MAX_MX_PARENTS)
}

async function fetchFrom(
  url: string,
  { reach, address }: SourceContext,
  { doubt, signal }: { readonly doubt: Doubt; readonly signal: AbortSignal },
): Promise<Told> {
  const answer = await askFollowing(reach, { method: 'GET', url: new URL(url) }, signal)
  if (answer.status !== 200) return { says: `HTTP status ${answer.status}`, offers: [] }
  const offers = readAutoconfig(parseXml(answer.body), address, doubt)
  const by = answer.url.host === new URL(url).host ? '' : ` (from ${answer.url.host})`
  return { says: `${offers.length} servers${by}`, offers }
}
