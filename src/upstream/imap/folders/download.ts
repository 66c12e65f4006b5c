import { PosternError } from '../../../errors.ts'
import type { LiteralSink } from '../../../formats/imap/response-reader.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import type { BodySink, DownloadBatch } from '../../../sync/remote.ts'
import type { UpstreamErrorCode } from '../../errors.ts'
import type { ImapConnection } from '../connection/connection.ts'
import type { DataResponse } from '../connection/running-commands.ts'
import { type FetchResponse, parseFetch } from './fetch-response.ts'

const LITERAL = /[ (]BODY\[(HEADER)?\] ~?$/i
const LITERAL_NAME_OCTETS = 16
type BodyPart = DownloadBatch['part']

const SECTIONS = { full: 'BODY.PEEK[]', header: 'BODY.PEEK[HEADER]' } as const

/**
 * Fetches bodies, or their headers, into the sink. Asks for batches as long as there are any, each in a FETCH of its own,
 * and sends them without waiting for the answers to earlier ones: `next` decides how far ahead that goes.
 */
export async function downloadBodies(
  connection: ImapConnection,
  next: () => Promise<DownloadBatch | undefined>,
  sink: BodySink,
): Promise<void> {
  const download = new BodyDownload(connection, sink)
  const running = new Set<Promise<void>>()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // told by the race, or by Promise.all below
  for (;;) {
    // A lost connection ends the waiting for a next batch, too.
    const batch = await Promise.race([next(), failure.promise])
    if (!batch) break
    const fetched = download.fetch(batch)
    running.add(fetched)
    fetched.then(() => running.delete(fetched), failure.reject)
  }
  await Promise.all(running)
}

// Dovecot runs pipelined FETCHes side by side: answers belong to a batch by their UID, never by their order.
class BodyDownload {
  readonly #connection: ImapConnection
  readonly #sink: BodySink
  readonly #pending = new Map<number, BodyPart>()
  #streamed: BodyPart | undefined

  constructor(connection: ImapConnection, sink: BodySink) {
    this.#connection = connection
    this.#sink = sink
  }

  async fetch({ uids, part }: DownloadBatch): Promise<void> {
    for (const uid of uids) this.#pending.set(uid, part)
    try {
      await this.#connection.command([`UID FETCH ${UidSet.of(uids)} (UID FLAGS ${SECTIONS[part]})`], {
        isStream: true,
        data: { FETCH: response => this.#onFetch(response) },
        openLiteral: (text, length) => this.#openLiteral(text, length),
        drained: () => this.#sink.drained(),
      })
    } catch (error) {
      if (!isRefused(error)) throw error
      this.#sink.refused(
        uids.filter(uid => this.#pending.delete(uid)),
        error,
      )
      return
    }
    for (const uid of uids) if (this.#pending.delete(uid)) this.#sink.missing(uid)
  }

  // One body a response: a second one (a hostile server's) is held by the reader, within its limit, and ignored.
  #openLiteral(text: Buffer, length: number): LiteralSink | undefined {
    const name = LITERAL.exec(text.toString('latin1', Math.max(0, text.length - LITERAL_NAME_OCTETS)))
    if (this.#streamed || !name) return undefined
    this.#streamed = name[1] ? 'header' : 'full'
    this.#sink.begin(length)
    return this.#sink
  }

  #onFetch(response: DataResponse): void {
    const fetched = parseFetch(response)
    const { uid, flags, internalDateMs } = fetched
    const part = uid === undefined ? undefined : this.#pending.get(uid)
    const streamed = this.#streamed
    this.#streamed = undefined
    if (!streamed) {
      const octets = part && octetsOf(fetched, part)
      if (!octets) return
      this.#sink.begin(octets.length)
      if (octets.length > 0) this.#sink.write(octets)
    }
    // 0 is no UID: the sink throws away what belongs to no message, and a header that was sent for a body.
    const isAsked = uid !== undefined && (streamed === undefined || streamed === part)
    this.#sink.end({ uid: isAsked ? uid : 0, flags: flags ?? [], internalDateMs })
    if (isAsked) this.#pending.delete(uid)
  }
}

function octetsOf({ body, header }: FetchResponse, part: BodyPart): Buffer | undefined {
  if (part === 'header') return header
  return body?.kind === 'string' ? body.octets : undefined
}

function isRefused(error: unknown): error is PosternError {
  return error instanceof PosternError && error.code === ('UPSTREAM_REFUSED' satisfies UpstreamErrorCode)
}
