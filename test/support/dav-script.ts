import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { portOf } from './front-server.ts'

/** A request that a scripted server has got. */
export interface ScriptedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** How many requests came over this connection before. */
  readonly earlier: number
}

/** What it answers; undefined when the script has taken the response. */
export interface ScriptedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Says what is answered. */
export type DavScript = (request: ScriptedRequest, response: ServerResponse) => ScriptedAnswer | undefined

/** A DAV server that says what no real one should, and what it was asked. */
export interface ScriptedDav {
  readonly url: URL
  readonly requests: ScriptedRequest[]
  /** The most connections that it had at the same time. */
  readonly most: () => number
}

/** Starts one; it ends with the test. */
export async function startScriptedDav(t: Test, script: DavScript): Promise<ScriptedDav> {
  const requests: ScriptedRequest[] = []
  const counts = new WeakMap<object, number>()
  let connections = 0
  let most = 0
  const server = createServer(async (request, response) => {
    const earlier = counts.get(request.socket) ?? 0
    counts.set(request.socket, earlier + 1)
    const { method = '', url: path = '', headers } = request
    const got = { method, path, headers, earlier, body: await text(request) }
    requests.push(got)
    const answer = script(got, response)
    if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  server.on('connection', socket => {
    most = Math.max(most, ++connections)
    socket.on('close', () => connections--).on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: new URL(`http://127.0.0.1:${portOf(server.address())}/`), requests, most: () => most }
}

/** A multistatus of some responses, and a sync token. */
export function multistatus(responses: readonly string[], token?: string): ScriptedAnswer {
  const body = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"
    xmlns:a="urn:ietf:params:xml:ns:carddav" xmlns:s="http://calendarserver.org/ns/" xmlns:i="http://apple.com/ns/ical/">
    ${responses.join('')}${token === undefined ? '' : `<d:sync-token>${token}</d:sync-token>`}</d:multistatus>`
  return { status: 207, headers: { 'content-type': 'application/xml' }, body }
}

/** A response with properties that are there. */
export function found(href: string, properties: string): string {
  return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${properties}</d:prop>
    <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
}

/** A member with an ETag. */
export function member(href: string, etag = '"1"'): string {
  return found(href, `<d:getetag>${etag}</d:getetag><d:resourcetype/>`)
}

/** A response with a status alone. */
export function told(href: string, status: string): string {
  return `<d:response><d:href>${href}</d:href><d:status>HTTP/1.1 ${status}</d:status></d:response>`
}
