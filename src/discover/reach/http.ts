import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import type { DiscoverErrorCode } from '../errors.ts'
import { hostName } from '../mail-address.ts'
import type { Reach, Server } from './reach.ts'

/** The most that an answer may have: settings are a page of text. */
export const MAX_BODY_OCTETS = 262_144

const MAX_HEADER_OCTETS = 16_384
const MAX_REDIRECTS = 3
const HTTPS_PORT = 443
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** A question to a web server. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST' | 'PROPFIND'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

/** What it said. */
export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer
  /** Where a redirect leads, as it stands there. */
  readonly location: string | undefined
  /** The schemes of WWW-Authenticate, in lower case. */
  readonly challenges: readonly string[]
  /** WWW-Authenticate as it came. */
  readonly authenticate: string
  /** Who answered, after redirects. */
  readonly url: URL
}

/**
 * Asks and follows redirects, to https on its usual port alone; the question is the same at each place.
 *
 * @throws {PosternError} DISCOVER_HTTP_FAILED, DISCOVER_REDIRECT_REFUSED, DISCOVER_…, NET_…, TLS_…; the signal's reason
 */
export async function askFollowing(reach: Reach, question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  let { url } = question
  for (let hops = 0; ; hops++) {
    const answer = await askOnce(reach, { ...question, url }, signal)
    const next = redirectOf(answer)
    if (next === undefined) return answer
    if (hops === MAX_REDIRECTS) throw redirectRefused(question.url, `more than ${MAX_REDIRECTS} redirects`)
    url = next
  }
}

/**
 * Where a redirect leads; undefined when the answer is none.
 *
 * @throws {PosternError} DISCOVER_REDIRECT_REFUSED unless it leads to https on its usual port, by a name.
 */
export function redirectOf({ status, location, url }: HttpAnswer): URL | undefined {
  if (!REDIRECTS.has(status)) return undefined
  const next = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined
  if (!next) throw redirectRefused(url, 'it names no place')
  if (next.protocol !== 'https:') throw redirectRefused(url, `${next.protocol}//${next.host} is not encrypted`)
  const isPlain = next.port === '' && next.username === '' && next.password === ''
  if (!isPlain || hostName(next.hostname) === undefined) throw redirectRefused(url, `${next.host} is an unusual place`)
  return next
}

/**
 * Asks one server once. The whole answer is bounded by {@link MAX_BODY_OCTETS}, the time by the signal.
 *
 * @throws {PosternError} DISCOVER_HTTP_FAILED, DISCOVER_…, NET_…, TLS_…; the signal's reason
 */
export async function askOnce(reach: Reach, question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const { url } = question
  const isTls = url.protocol === 'https:'
  const server = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (isTls ? HTTPS_PORT : 80)) }
  const plain = await reach.connect(server, signal)
  const socket = isTls ? await reach.secure(plain, server, signal) : plain
  try {
    const response = await send(question, socket, signal)
    return { ...readHead(response), body: await readBody(response), url }
  } catch (error) {
    signal.throwIfAborted()
    throw httpFailed(server, error)
  } finally {
    socket.destroy()
  }
}

async function send(question: HttpQuestion, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, url, headers, body } = question
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = request({
    createConnection: () => socket,
    method,
    path: `${url.pathname}${url.search}`,
    maxHeaderSize: MAX_HEADER_OCTETS,
    headers: {
      host: url.host,
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
    signal,
  })
  asked.once('response', resolve).on('error', reject)
  asked.once('close', () => reject(new Error('it closed'))) // to an answer 101, too, which nobody had asked for
  asked.end(body)
  return promise
}

function readHead({ statusCode = 0, headers }: IncomingMessage) {
  const authenticate = headers['www-authenticate'] ?? ''
  return {
    status: statusCode,
    location: headers.location,
    authenticate,
    challenges: authenticate.split(',').map(each => each.trim().split(' ', 1)[0]?.toLowerCase() ?? ''),
  }
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response) {
    octets += chunk.length
    if (octets > MAX_BODY_OCTETS) throw new Error(`an answer of more than ${MAX_BODY_OCTETS} octets`)
    chunks.push(chunk)
  }
  if (!response.complete) throw new Error('the answer broke off')
  return Buffer.concat(chunks)
}

function httpFailed({ host, port }: Server, cause: unknown): PosternError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<DiscoverErrorCode>('DISCOVER_HTTP_FAILED', `${host}:${port} gave no proper answer: ${why}.`, {
    remedy: 'retry',
    advice: 'Other sources are asked as well; see --trace.',
    cause,
  })
}

function redirectRefused(url: URL, why: string): PosternError {
  return new PosternError<DiscoverErrorCode>(
    'DISCOVER_REDIRECT_REFUSED',
    `A redirect of ${url.host} was not followed: ${why}.`,
    { remedy: 'user', advice: 'Tell who runs the server; other sources are asked as well.' },
  )
}
