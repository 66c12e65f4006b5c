import { PosternError } from '../../errors.ts'
import type { Offer } from '../offer.ts'
import type { Reach } from '../reach/reach.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { Conversation } from './conversation.ts'
import { findDavRoot } from './probe-dav.ts'
import { probeImap } from './probe-imap.ts'
import { probeSieve } from './probe-sieve.ts'
import { probeSmtp } from './probe-smtp.ts'

const TIMEOUT_MS = 2500 // less than a source has: the guesses wait for the slowest of theirs
const UNTRUSTED: ReadonlySet<string> = new Set([
  'TLS_UNTRUSTED',
  'TLS_EXPIRED',
  'TLS_WRONG_NAME',
  'TLS_PIN_MISMATCH',
  'TLS_NO_CERTIFICATE',
])

/** Does the TLS handshake on a talk, once the server has agreed. */
export type StartTls = () => Promise<void>

/** What a server said of itself before a sign-in. */
export type Greeted =
  | { readonly kind: 'alive'; readonly mechanisms: readonly string[] }
  /** It speaks the protocol and offers no TLS. */
  | { readonly kind: 'unencrypted' }

/** What was found where an offer says that there is a server. Nothing secret is sent for it. */
export type Probed =
  | Greeted
  /** Its certificate is neither trusted nor approved. */
  | { readonly kind: 'untrusted'; readonly error: PosternError }
  | { readonly kind: 'dead'; readonly error: PosternError }

/** Looks at servers, each once, however many sources name it. */
export class Probes {
  readonly #reach: Reach
  readonly #signal: AbortSignal
  readonly #known = new Map<string, Promise<Probed>>()

  constructor(reach: Reach, signal: AbortSignal) {
    this.#reach = reach
    this.#signal = signal
  }

  /** Never fails but by the signal: what went wrong is what was found. */
  of(offer: Offer): Promise<Probed> {
    const key = JSON.stringify([offer.protocol, offer.security, offer.host, offer.port, offer.path])
    const known = this.#known.get(key) ?? this.#look(offer)
    known.catch(() => undefined) // told to whoever asks; it may be looked at before anybody does
    this.#known.set(key, known)
    return known
  }

  async #look(offer: Offer): Promise<Probed> {
    if (offer.security === 'none') return { kind: 'unencrypted' }
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    try {
      const both = AbortSignal.any([this.#signal, timeout])
      return await unlessAborted(signal => ask(this.#reach, offer, signal), both)
    } catch (error) {
      this.#signal.throwIfAborted()
      if (timeout.aborted) return { kind: 'dead', error: silent(offer) }
      if (!(error instanceof PosternError)) throw error
      return { kind: UNTRUSTED.has(error.code) ? 'untrusted' : 'dead', error }
    }
  }
}

/** Talks to a mail server until it has said what it can do. */
async function talkTo(reach: Reach, offer: Offer, signal: AbortSignal): Promise<Greeted> {
  const plain = await reach.connect(offer, signal)
  const onAbort = () => plain.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const socket = offer.security === 'tls' ? await reach.secure(plain, offer, signal) : plain
    using talk = new Conversation(socket, offer)
    return await greet(reach, offer, { talk, signal })
  } finally {
    signal.removeEventListener('abort', onAbort)
    plain.destroy()
  }
}

function greet(
  reach: Reach,
  offer: Offer,
  { talk, signal }: { readonly talk: Conversation; readonly signal: AbortSignal },
): Promise<Greeted> {
  const startTls = () => talk.secure(socket => reach.secure(socket, offer, signal))
  const wanted = offer.security === 'starttls' ? startTls : undefined
  if (offer.protocol === 'imap') return probeImap(talk, wanted)
  return offer.protocol === 'smtp' ? probeSmtp(talk, wanted) : probeSieve(talk, startTls)
}

async function ask(reach: Reach, offer: Offer, signal: AbortSignal): Promise<Probed> {
  if (offer.protocol !== 'caldav' && offer.protocol !== 'carddav') {
    return talkTo(reach, offer, signal)
  }
  const root = await findDavRoot(reach, new URL(offer.url), signal)
  if (root.kind === 'found') return { kind: 'alive', mechanisms: root.challenges.map(name => name.toUpperCase()) }
  return { kind: 'dead', error: noDav(offer, root.says) }
}

function silent({ host, port }: Offer): PosternError {
  return new PosternError('DISCOVER_SERVER_INVALID', `${host}:${port} did not answer within ${TIMEOUT_MS / 1000} s.`, {
    remedy: 'retry',
    advice: 'A firewall may swallow it; see --trace for the others.',
  })
}

function noDav({ url }: Offer, says: string): PosternError {
  return new PosternError('DISCOVER_SERVER_INVALID', `${url} is no calendar or address book: ${says}.`, {
    remedy: 'user',
    advice: 'See --trace for the others.',
  })
}
