import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../../log/logger.ts'
import { hostPort } from '../../../net/host-port.ts'
import type { RateLimits } from '../../rate-limit.ts'
import type { Credentials } from '../../sign-in/credentials.ts'
import { parseChallenges } from './challenges.ts'
import { type Exchange, exchange } from './exchange.ts'
import { failures } from './failures.ts'
import { redirectOf, type Trusted } from './redirects.ts'
import { refusalOf } from './refusal.ts'
import { BUSY, MAX_RETRIES, retryAfterMs } from './retry-after.ts'
import { type DavWay, ServerAgent } from './server-agent.ts'
import { type Attempt, SignIn } from './sign-in.ts'
import type { Deadlines } from './watch.ts'

const DEADLINES: Deadlines = { silenceMs: 90_000, totalMs: 900_000 }
const MAX_ERROR_OCTETS = 65_536
const MAX_SIGN_INS = 2 // the challenge, and a nonce or a token that has ended
const CHANGING: ReadonlySet<DavQuestion['method']> = new Set(['PUT', 'DELETE', 'MKCALENDAR', 'MKCOL'])
const UNAVAILABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** What {@link DavHttp} works with. */
export interface DavHttpOptions extends DavWay, Trusted {
  /** Asked for when it is needed, never kept here longer than the connections. */
  readonly credentials: () => Promise<Credentials>
  readonly log: Logger
  readonly clientVersion: string
  readonly deadlines?: Deadlines
  /** Limits that all connections of the profile share. */
  readonly rates?: RateLimits
}

/** A question to a DAV server. */
export interface DavQuestion {
  readonly method: 'PROPFIND' | 'REPORT' | 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'MKCALENDAR' | 'MKCOL'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** The statuses that are an answer; all others are thrown. */
  readonly accept: readonly number[]
  /** What is asked for, in words that follow "refused": `to store an object`. */
  readonly what: string
}

/** What it said. Its body must be read to the end, or discarded. */
export interface DavAnswer extends Pick<Exchange, 'body' | 'discard'> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Who answered, after redirects. */
  readonly url: URL
  /** host:port, for messages. */
  readonly where: string
}

/** Talks HTTP with the servers of one account: signs in, follows redirects within what is trusted, waits for the busy. */
export class DavHttp implements Disposable {
  readonly #options: DavHttpOptions
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  readonly #agents = new Map<string, ServerAgent>()
  readonly #signIns = new Map<string, SignIn>()

  constructor(options: DavHttpOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = AbortSignal.any([signal, this.#closing.signal])
  }

  get log(): Logger {
    return this.#options.log
  }

  /** Where a server may send us. */
  get trusted(): Trusted {
    return this.#options
  }

  /**
   * Asks, and gives an answer with one of the statuses that are accepted.
   *
   * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…; the signal's reason
   */
  async ask(question: DavQuestion): Promise<DavAnswer> {
    let { url } = question
    for (let hops = 0; ; hops++) {
      const answer = await this.#askPatiently({ ...question, url })
      const { status, headers } = answer
      if (question.accept.includes(status)) return answer
      const isReading = !CHANGING.has(question.method)
      const { approvedHosts } = this.#options
      if (status < 400) answer.discard()
      const next = redirectOf({ status, location: headers.location, isReading }, url, { hops, approvedHosts })
      if (!next) throw await this.#failure(answer, question)
      url = next
    }
  }

  /** Signs in from now on although the server of a URL asks nobody to; false when that is done already. */
  signInUnasked(url: URL): boolean {
    return this.#signInOf(url).unasked()
  }

  [Symbol.dispose](): void {
    this.#closing.abort(failures.ended())
    for (const agent of this.#agents.values()) agent.destroy()
  }

  async #askPatiently(question: DavQuestion): Promise<DavAnswer> {
    for (let retries = 0; ; retries++) {
      const answer = await this.#askSigned(question)
      const waitMs = retryAfterMs(answer.headers['retry-after'], Date.now())
      if (!BUSY.has(answer.status) || retries === MAX_RETRIES || waitMs === undefined) return answer
      answer.discard()
      this.log.debug({ host: question.url.hostname, waitMs }, 'the DAV server is busy')
      await sleep(waitMs, undefined, { signal: this.#signal }).catch(() => this.#signal.throwIfAborted())
    }
  }

  async #askSigned(question: DavQuestion): Promise<DavAnswer> {
    const signIn = this.#signInOf(question.url)
    for (let tries = 0; ; tries++) {
      const attempt = await signIn.sign({ method: question.method, path: pathOf(question.url) })
      const answer = await this.#send(question, attempt)
      if (answer.status !== 401) return answer
      answer.discard()
      if (tries === MAX_SIGN_INS) throw await signIn.failed(attempt)
      await signIn.challenged(attempt, parseChallenges(answer.challenges))
    }
  }

  async #send({ method, url, headers, body }: DavQuestion, { authorization }: Attempt) {
    const agent = this.#agentOf(url)
    const octets = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
    const { head, ...rest } = await exchange(
      agent,
      {
        method,
        path: pathOf(url),
        headers: {
          host: url.host,
          'user-agent': `Postern/${this.#options.clientVersion}`,
          accept: '*/*',
          'accept-encoding': 'identity', // proxies that compress weaken ETags
          ...(octets ? { 'content-length': octets.length } : {}),
          ...(authorization === undefined ? {} : { authorization }),
          ...headers,
        },
        body: octets,
      },
      { signal: this.#signal, deadlines: this.#options.deadlines ?? DEADLINES, rates: this.#options.rates },
    )
    const challenges = head.headersDistinct['www-authenticate'] ?? []
    return {
      ...rest,
      status: head.statusCode ?? 0,
      headers: head.headers,
      challenges,
      url,
      where: hostPort(agent.peer),
    }
  }

  async #failure(answer: DavAnswer, { what }: DavQuestion): Promise<Error> {
    const { status, where, headers } = answer
    if (UNAVAILABLE.has(status)) {
      answer.discard()
      const wait = headers['retry-after']
      return failures.unavailable(
        where,
        status,
        wait === undefined ? '' : `to be asked again after ${wait.slice(0, 40)}`,
      )
    }
    if (status < 400) return failures.malformed(where, `HTTP status ${status} to the question ${what}`)
    return refusalOf({ where, what, status, body: await readSome(answer) })
  }

  #agentOf({ origin }: URL): ServerAgent {
    const known = this.#agents.get(origin) ?? new ServerAgent(new URL(origin), this.#options, this.#signal)
    this.#agents.set(origin, known)
    return known
  }

  #signInOf({ origin }: URL): SignIn {
    const known = this.#signIns.get(origin) ?? new SignIn(new URL(origin), this.#options.credentials)
    this.#signIns.set(origin, known)
    return known
  }
}

// A long page of an error says no more than its beginning.
async function readSome({ body }: DavAnswer): Promise<Buffer> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of body(Number.POSITIVE_INFINITY)) {
    chunks.push(chunk)
    octets += chunk.length
    if (octets > MAX_ERROR_OCTETS) break
  }
  return Buffer.concat(chunks)
}

function pathOf({ pathname, search }: URL): string {
  return `${pathname}${search}`
}
