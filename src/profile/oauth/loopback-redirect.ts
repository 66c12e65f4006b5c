import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../errors.ts'

const HOST = '127.0.0.1'
const MAX_CONNECTIONS = 16
const REQUEST_TIMEOUT_MS = 10_000

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer', // the address of the page has the code
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

/** Waits for the browser that a provider sends back to this machine. */
export interface RedirectListener extends AsyncDisposable {
  readonly port: number
  /** Resolves with the address of the first request that carries the state. */
  readonly redirected: Promise<URL>
}

/** What is waited for. */
export interface RedirectOptions {
  /** Tells whether a state is the one that was sent along: others are answered, and no more. */
  readonly isOurs: (state: string) => boolean
  /** 0 for any that is free. */
  readonly port: number
}

/**
 * Listens on 127.0.0.1 for one redirect (RFC 8252 section 7.3). Requests without the state change nothing: any page in
 * the browser can make them.
 *
 * @throws {PosternError} PROFILE_OAUTH_INVALID when the port is taken
 */
export async function listenForRedirect({ isOurs, port }: RedirectOptions): Promise<RedirectListener> {
  const { promise: redirected, resolve } = Promise.withResolvers<URL>()
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS })
  boundConnections(server)
  await listen(server, port)
  const { port: actual } = server.address() as AddressInfo // a TCP server that listens has one
  let isDone = false
  server.on('request', (request, response) => {
    const url = isDone ? undefined : redirectIn(request, actual)
    const isAnswer = url !== undefined && isOurs(url.searchParams.get('state') ?? '')
    answer(request, response, isAnswer)
    if (!isAnswer) return
    isDone = true
    resolve(url)
  })
  return {
    port: actual,
    redirected,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), 1000).unref() // the page may still be on its way
      await closed
    },
  }
}

// The eldest goes: a browser asks at once, and whoever only holds connections must not keep it away.
function boundConnections(server: Server): void {
  const open = new Set<Socket>()
  server.on('connection', socket => {
    const [eldest] = open
    if (eldest && open.size >= MAX_CONNECTIONS) {
      open.delete(eldest)
      eldest.destroy()
    }
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
}

function redirectIn({ method, headers, url = '' }: IncomingMessage, port: number): URL | undefined {
  const isHere = headers.host === `${HOST}:${port}` || headers.host === `localhost:${port}` // else: DNS rebinding
  const parsed = isHere && url.startsWith('/') ? `http://${headers.host}${url}` : ''
  if (method !== 'GET' || !URL.canParse(parsed)) return undefined
  const found = new URL(parsed)
  return found.pathname === '/' ? found : undefined
}

function answer(request: IncomingMessage, response: ServerResponse, isAnswer: boolean): void {
  request.resume()
  const says = isAnswer
    ? 'You can close this page and go back to Postern.'
    : 'This address waits for a sign-in of Postern, which this is not.'
  response.writeHead(isAnswer ? 200 : 404, HEADERS)
  response.end(`<!doctype html><html lang="en"><title>Postern</title><p>${says}</p></html>\n`)
}

async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, HOST, resolve)
  await promise.catch(cause => {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new PosternError<ProfileErrorCode>(
      'PROFILE_OAUTH_INVALID',
      `Port ${port} of ${HOST} cannot be listened on: ${why}.`,
      { remedy: 'user', advice: 'Leave --redirect-port away, or end what uses the port.', cause },
    )
  })
}
