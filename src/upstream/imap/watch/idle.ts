import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import type { WatchSink } from '../../../sync/watch/remote-watch.ts'
import type { ImapConnection } from '../connection/connection.ts'
import { Opening } from '../folders/selected-folder.ts'

/** A connection that idles in one folder (RFC 2177). */
export class Idle {
  readonly #connection: ImapConnection
  #isGranted = false
  #running: Promise<unknown> | undefined

  constructor(connection: ImapConnection) {
    this.#connection = connection
  }

  /** Opens the folder, tells its state, and idles. `remark` hears a server that says it is still there. */
  async begin(path: string, sink: WatchSink, remark: () => void): Promise<void> {
    const changed = () => sink.changed(path)
    const data = { EXISTS: changed, EXPUNGE: changed, VANISHED: changed, FETCH: changed }
    this.#connection.listen({ data, remark }) // at once: it may tell in the breath in which it opens the folder
    const opening = new Opening()
    const condstore = this.#connection.capabilities.has('CONDSTORE') ? ' (CONDSTORE)' : ''
    await this.#connection.command(['EXAMINE ', mailboxArgument(path), condstore], opening)
    const { uidValidity, uidNext, messages, highestModseq } = opening
    sink.counters(path, { uidValidity: uidValidity || undefined, uidNext, messages, highestModseq }, true)
    await this.#start()
  }

  /** Ends idling and begins anew: no server lets it last for ever, and one that does not answer is gone. */
  async again(): Promise<void> {
    const running = this.#running
    if (running) {
      this.#isGranted = false
      this.#connection.sendLine('DONE')
      await running
    }
    await this.#start()
  }

  /** Resolves when the server has agreed. */
  async #start(): Promise<void> {
    const granted = Promise.withResolvers<void>()
    const running = this.#connection.command(['IDLE'], {
      isAtRest: () => this.#isGranted,
      continuation: () => {
        this.#isGranted = true
        granted.resolve()
        return undefined
      },
    })
    this.#running = running
    // A server may end it by itself: then it is begun again in time, not at once.
    running.then(() => this.#ended(running), granted.reject)
    await Promise.race([granted.promise, running])
  }

  #ended(running: Promise<unknown>): void {
    if (this.#running !== running) return
    this.#running = undefined
    this.#isGranted = false
  }
}
