import type { LiteralSink } from '../../formats/imap/response-reader.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { BodySink, DownloadBatch } from '../../sync/remote.ts'
import type { DataResponse, ImapConnection } from './connection.ts'
import { parseFetch } from './fetch-response.ts'

const BODY_LITERAL = / BODY\[\] $| BODY\[\] ~$|\(BODY\[\] ~?$/i

/**
 * Fetches bodies into the sink. Asks for batches as long as there are any, each in a FETCH of its own, and sends them
 * without waiting for the answers to earlier ones: `next` decides how far ahead that goes.
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
  readonly #pending = new Set<number>()
  #isStreamed = false

  constructor(connection: ImapConnection, sink: BodySink) {
    this.#connection = connection
    this.#sink = sink
  }

  async fetch({ uids }: DownloadBatch): Promise<void> {
    for (const uid of uids) this.#pending.add(uid)
    await this.#connection.command([`UID FETCH ${UidSet.of(uids)} (UID FLAGS BODY.PEEK[])`], {
      data: { FETCH: response => this.#onFetch(response) },
      openLiteral: (text, length) => this.#openLiteral(text, length),
      drained: () => this.#sink.drained(),
    })
    for (const uid of uids) if (this.#pending.delete(uid)) this.#sink.missing(uid)
  }

  // One body a response: a second one (a hostile server's) is held by the reader, within its limit, and ignored.
  #openLiteral(text: Buffer, length: number): LiteralSink | undefined {
    if (this.#isStreamed || !BODY_LITERAL.test(text.toString('latin1', Math.max(0, text.length - 16)))) return undefined
    this.#isStreamed = true
    this.#sink.begin(length)
    return this.#sink
  }

  #onFetch(response: DataResponse): void {
    const { uid, flags, internalDateMs, body } = parseFetch(response)
    const wasStreamed = this.#isStreamed
    this.#isStreamed = false
    if (!wasStreamed) {
      if (uid === undefined || body?.kind !== 'string' || !this.#pending.has(uid)) return
      this.#sink.begin(body.octets.length)
      if (body.octets.length > 0) this.#sink.write(body.octets)
    }
    // 0 is no UID: the sink throws away what belongs to no message.
    this.#sink.end({ uid: uid ?? 0, flags: flags ?? [], internalDateMs })
    if (uid !== undefined) this.#pending.delete(uid)
  }
}
