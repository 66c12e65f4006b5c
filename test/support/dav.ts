import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { RemoteCollection } from '../../src/sync/objects/remote-collection.ts'
import type { ListedCollection, RemoteCollections } from '../../src/sync/objects/remote-collections.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { connectDav, type DavPlaces } from '../../src/upstream/dav/client.ts'
import { DavCollection } from '../../src/upstream/dav/dav-collection.ts'
import { DavHttp, type DavHttpOptions } from '../../src/upstream/dav/http/dav-http.ts'
import { silentLogger } from './silent-logger.ts'

/** Options of our client for a test; the CA's file where it is to trust one. */
export function davOptions(
  user: string,
  password: string,
  { caFile, dir = '/nonexistent', ...rest }: Partial<DavHttpOptions> & { caFile?: string; dir?: string } = {},
): DavHttpOptions {
  const approvals = new Approvals(join(dir, 'approved.json'))
  return {
    verifier: verifyPeers(approvals, caFile === undefined ? {} : { roots: [readFileSync(caFile, 'utf8')] }),
    proxyTo: async () => undefined,
    credentials: async () => ({ user, password }),
    approvedHosts: [],
    log: silentLogger(),
    clientVersion: '0.0.0',
    ...rest,
  }
}

/** Connects our client. */
export function connectTestDav(
  url: URL | DavPlaces,
  options: DavHttpOptions,
  signal = new AbortController().signal,
): RemoteCollections {
  return connectDav(url instanceof URL ? { url } : url, options, signal)
}

/** A calendar at a URL, without looking for it; all ends with the test. */
export function calendarAt(t: Test, url: URL, options: Partial<DavHttpOptions> = {}): RemoteCollection {
  const http = new DavHttp({ ...davOptions('ada', 'secret'), ...options }, new AbortController().signal)
  t.teardown(() => http[Symbol.dispose]())
  return new DavCollection({ http, kind: 'calendar', url: async () => url })
}

/** What another client was answered. */
export interface OtherAnswer {
  readonly text: string
  readonly etag: string | undefined
}

/** Another client of the same server, which knows nothing of ours. */
export class OtherClient {
  readonly #base: URL
  readonly #authorization: string

  constructor(base: URL, user: string, password: string) {
    this.#base = base
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  }

  /** Sends a request; throws at a status that is an error. */
  async send(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<OtherAnswer> {
    const url = new URL(path, this.#base)
    const options = { method, headers: { authorization: this.#authorization, ...headers } }
    const asked =
      url.protocol === 'https:' ? requestTls(url, { ...options, rejectUnauthorized: false }) : request(url, options)
    asked.end(body)
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const answer = await text(response)
    if (response.statusCode === undefined || response.statusCode >= 300) {
      throw new Error(`${method} ${path}: ${response.statusCode} ${answer}`)
    }
    return { text: answer, etag: response.headers.etag }
  }

  /** Makes a calendar for some components. */
  async makeCalendar(path: string, name: string, components: readonly string[] = ['VEVENT']): Promise<void> {
    const set = components.map(each => `<c:comp name="${each}"/>`).join('')
    const properties = `<displayname>${name}</displayname>
      <c:supported-calendar-component-set>${set}</c:supported-calendar-component-set>`
    const body = `<c:mkcalendar xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><set><prop>${properties}
      </prop></set></c:mkcalendar>`
    await this.send('MKCALENDAR', path, body, { 'content-type': 'application/xml' })
  }

  /** Makes an address book. */
  async makeAddressBook(path: string, name: string): Promise<void> {
    const body = `<mkcol xmlns="DAV:" xmlns:a="urn:ietf:params:xml:ns:carddav"><set><prop>
      <resourcetype><collection/><a:addressbook/></resourcetype><displayname>${name}</displayname></prop></set></mkcol>`
    await this.send('MKCOL', path, body, { 'content-type': 'application/xml' })
  }

  /** Stores an object, whatever was there, or instead of a version alone. */
  async put(path: string, content: string, etag?: string): Promise<void> {
    const type = content.startsWith('BEGIN:VCARD') ? 'text/vcard' : 'text/calendar'
    const condition = etag === undefined ? {} : { 'if-match': etag }
    await this.send('PUT', path, content, { 'content-type': `${type}; charset=utf-8`, ...condition })
  }

  async get(path: string): Promise<OtherAnswer> {
    return await this.send('GET', path)
  }

  /** Deletes an object, or a version of it alone. */
  async delete(path: string, etag?: string): Promise<void> {
    await this.send('DELETE', path, '', etag === undefined ? {} : { 'if-match': etag })
  }
}

/** An event; `lines` stand in it as they are. */
export function event(uid: string, summary: string, ...lines: readonly string[]): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Postern//test//EN',
    'BEGIN:VEVENT',
    `UID:${uid}`,
    'DTSTAMP:20260101T000000Z',
    'DTSTART:20260201T100000Z',
    'DTEND:20260201T110000Z',
    `SUMMARY:${summary}`,
    ...lines,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n')
}

/** A task. */
export function todo(uid: string, summary: string): string {
  const lines = ['BEGIN:VTODO', `UID:${uid}`, 'DTSTAMP:20260101T000000Z', `SUMMARY:${summary}`, 'END:VTODO']
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Postern//test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n')
}

/** A contact. */
export function contact(uid: string, name: string): string {
  return ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${name}`, `N:${name};;;;`, 'END:VCARD', ''].join('\r\n')
}

/** The collection of a name. */
export function byName(collections: readonly ListedCollection[], name: string): ListedCollection {
  const found = collections.find(each => each.name === name)
  if (!found) throw new Error(`no collection ${name} among ${collections.map(each => each.name).join(', ')}`)
  return found
}
