import { userNamesOf } from '../mail-address.ts'
import { makeOffer, type Offer } from '../offer.ts'
import type { Source, SourceContext, Told } from './source.ts'

type Guess = readonly [label: string, security: 'tls' | 'starttls', port: number]

const IMAP: readonly Guess[] = ['imap.', 'mail.', ''].flatMap(label => [
  [label, 'tls', 993] as const,
  [label, 'starttls', 143] as const,
])
const SMTP: readonly Guess[] = ['smtp.', 'mail.', ''].flatMap(label => [
  [label, 'tls', 465] as const,
  [label, 'starttls', 587] as const,
  [label, 'starttls', 25] as const,
])

/** The names and ports that most servers have. Only what answers there is offered. */
export function guessSource(domain: string): Source {
  return { name: 'guess', asks: `imap., smtp., mail.${domain} and ${domain} at the usual ports`, ask }
}

async function ask(context: SourceContext): Promise<Told> {
  const guesses = [
    ...IMAP.map(guess => toOffer('imap', guess, context)),
    ...SMTP.map(guess => toOffer('smtp', guess, context)),
  ]
  const found = await Promise.all(guesses.flat().map(offer => look(offer, context)))
  const offers = found.flatMap(offer => (offer ? [offer] : []))
  return { says: offers.length === 0 ? 'nothing answers' : `${offers.length} of ${guesses.length} answer`, offers }
}

function toOffer(protocol: 'imap' | 'smtp', [label, security, port]: Guess, { address }: SourceContext): Offer[] {
  const host = `${label}${address.domain}`
  const offer = makeOffer({
    protocol,
    security,
    host,
    port,
    users: userNamesOf(address),
    isUserTold: false,
    doubt: undefined,
  })
  return offer ? [offer] : []
}

async function look(offer: Offer, { probes }: SourceContext): Promise<Offer | undefined> {
  const found = await probes.of(offer)
  if (found.kind === 'dead') return undefined
  if (found.kind !== 'unencrypted') return offer
  return makeOffer({ ...offer, security: 'none' })
}
