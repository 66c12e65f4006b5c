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
/** What concerns every worker that has the store open. */
const EVERYWHERE: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>(['forget', 'releasePacks'])

/** Reads in two workers, one of which is for what takes long. */
export class ReaderPool implements Readers {
  readonly #quick = new WorkerReaders()
  readonly #slow = new WorkerReaders()

  async *stream<Name extends keyof ReaderOperations>(
    name: Name,
    params: ReadParams<Name>,
  ): AsyncGenerator<ReadValue<Name>> {
    if (EVERYWHERE.has(name)) for await (const _ of this.#slow.stream(name, params)) break
    yield* (SLOW.has(name) ? this.#slow : this.#quick).stream(name, params)
  }

  async quiesced(): Promise<void> {
    await Promise.all([this.#quick.quiesced(), this.#slow.quiesced()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#quick[Symbol.asyncDispose](), this.#slow[Symbol.asyncDispose]()])
  }
}
