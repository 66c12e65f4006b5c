import type { ReaderOperations } from './reader-operations.ts'
import { type Readers, type ReadParams, type ReadValue, WorkerReaders } from './readers.ts'

/** What may keep a worker busy for long: nobody who lists mail shall wait for it. */
const SLOW: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>([
  'mailboxDetails',
  'mailboxSearch',
  'mailboxSort',
  'mailboxThreads',
  'exportFolder',
  'explain',
])
/** What nobody waits for. */
const BACKGROUND: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>(['indexMail'])
/** What concerns every worker that has the store open. */
const EVERYWHERE: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>(['forget', 'releasePacks'])

/** Reads in three workers: one is for what takes long, and one for what nobody waits for. Each is started when it is needed. */
export class ReaderPool implements Readers {
  readonly #quick = new WorkerReaders()
  readonly #slow = new WorkerReaders()
  readonly #background = new WorkerReaders()
  readonly #all = [this.#quick, this.#slow, this.#background]

  async *stream<Name extends keyof ReaderOperations>(
    name: Name,
    params: ReadParams<Name>,
  ): AsyncGenerator<ReadValue<Name>> {
    if (EVERYWHERE.has(name)) {
      for (const others of [this.#slow, this.#background]) for await (const _ of others.stream(name, params)) break
    }
    yield* this.#readersFor(name).stream(name, params)
  }

  #readersFor(name: keyof ReaderOperations): WorkerReaders {
    if (BACKGROUND.has(name)) return this.#background
    return SLOW.has(name) ? this.#slow : this.#quick
  }

  async quiesced(): Promise<void> {
    await Promise.all(this.#all.map(readers => readers.quiesced()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map(readers => readers[Symbol.asyncDispose]()))
  }
}
