import { PosternError } from '../../errors.ts'
import { recordsOf } from '../dns/resolver.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import { hostName, isInside, type MailAddress } from '../mail-address.ts'
import { askFollowing, askOnce, type HttpAnswer, redirectOf } from '../reach/http.ts'
import type { Doubt } from './autoconfig-document.ts'
import { readAutodiscover } from './autodiscover-document.ts'
import type { Source, SourceContext, SourceName, Told } from './source.ts'
import { orderRecords } from './srv.ts'
import { parseXml } from './xml-tree.ts'

const PATH = '/autodiscover/autodiscover.xml'
const MAX_XML_REDIRECTS = 2
const HTTPS_PORT = 443
const REQUEST = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006'
const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'

/**
 * Autodiscover with plain old XML: at the domain and at autodiscover.DOMAIN over https; by a redirect that
 * http://autodiscover.DOMAIN names; by SRV. It is asked without the password: a server that wants that first says nothing.
 */
export function autodiscoverSources(domain: string): readonly Source[] {
  return [
    httpsSource('autodiscover', `https://${domain}${PATH}`),
    httpsSource('autodiscover-host', `https://autodiscover.${domain}${PATH}`),
    { name: 'autodiscover-redirect', asks: `http://autodiscover.${domain}${PATH}`, ask: askForRedirect },
    { name: 'autodiscover-srv', asks: `SRV _autodiscover._tcp.${domain}`, ask: askBySrv },
  ]
}

function httpsSource(name: SourceName, url: string): Source {
  const doubt: Doubt = () => undefined
  return { name, asks: url, ask: (context, signal) => post(new URL(url), context, { doubt, signal }) }
}

async function askForRedirect(context: SourceContext, signal: AbortSignal): Promise<Told> {
  const { reach, address } = context
  const url = new URL(`http://autodiscover.${address.domain}${PATH}`)
  const target = redirectOf(await askOnce(reach, { method: 'GET', url }, signal))
  if (!target) return { says: 'no redirect', offers: [] }
  const doubt = outside(
    address,
    host => `a redirect that anybody on the way can forge leads to ${target.host}, which names ${host}`,
  )
  const told = await post(target, context, { doubt, signal })
  return { ...told, says: `leads to ${target.host}: ${told.says}` }
}

async function askBySrv(context: SourceContext, signal: AbortSignal): Promise<Told> {
  const { reach, address, random } = context
  const records = recordsOf(await reach.resolver.srv(`_autodiscover._tcp.${address.domain}`))
  const [host] = orderRecords(records, random)
    .filter(({ port }) => port === HTTPS_PORT)
    .map(({ target }) => hostName(target))
    .filter(name => name !== undefined)
  if (host === undefined) return { says: records.length > 0 ? 'not offered' : 'no records', offers: [] }
  const doubt = outside(address, named => `DNS alone names ${host}, which names ${named}`)
  const told = await post(new URL(`https://${host}${PATH}`), context, { doubt, signal })
  return { ...told, says: `${host}: ${told.says}` }
}

function outside({ domain }: MailAddress, why: (host: string) => string): Doubt {
  return host => (isInside(host.toLowerCase(), domain) ? undefined : why(host))
}

interface PostOptions {
  readonly doubt: Doubt
  readonly signal: AbortSignal
}

async function post(url: URL, context: SourceContext, options: PostOptions): Promise<Told> {
  const { reach, address } = context
  let next = url
  for (let hops = 0; hops <= MAX_XML_REDIRECTS; hops++) {
    const question = {
      method: 'POST' as const,
      url: next,
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: requestFor(address),
    }
    const answer = await askFollowing(reach, question, options.signal)
    if (answer.status !== 200) return { says: refusalOf(answer), offers: [] }
    const read = readAutodiscover(parseXml(answer.body), address, options.doubt)
    if (read.kind === 'settings') return { says: `${read.offers.length} servers`, offers: read.offers }
    if (read.kind === 'error') return { says: read.says, offers: [] }
    if (read.kind === 'other-address') return { says: 'it points to another e-mail address', offers: [] }
    const target = redirectOf({ ...answer, status: 302, location: read.url })
    if (!target) break
    next = target
  }
  throw new PosternError<DiscoverErrorCode>('DISCOVER_REDIRECT_REFUSED', `${url.host} leads from place to place.`, {
    remedy: 'user',
    advice: 'Tell who runs the server; other sources are asked as well.',
  })
}

function refusalOf({ status }: HttpAnswer): string {
  return status === 401 ? 'it wants the password first, and does not get it' : `HTTP status ${status}`
}

function requestFor({ address }: MailAddress): string {
  const escaped = address.replace(/[&<>]/g, char => `&#${char.codePointAt(0)};`)
  return (
    '<?xml version="1.0" encoding="utf-8"?>\n' +
    `<Autodiscover xmlns="${REQUEST}"><Request><EMailAddress>${escaped}</EMailAddress>` +
    `<AcceptableResponseSchema>${RESPONSE}</AcceptableResponseSchema></Request></Autodiscover>\n`
  )
}
