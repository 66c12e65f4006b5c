import { setTimeout as delay } from 'node:timers/promises'
import { fromWireError } from '../control/wire-error.ts'
import { WorkerClient } from '../worker-client.ts'
import { type ReaderOperations, StoreReaders } from './reader-operations.ts'
import type { ReaderAnswer, ReaderRequest } from './reader-worker.ts'

const PATIENCE_MS = 30_000 // `postern item export 1-42 | less` may be looked at for hours; it fails then

/** An operation's parameters. */
export type ReadParams<Name extends keyof ReaderOperations> = Parameters<ReaderOperations[Name]>[0]
/** One value of those that an operation yields. */
export type ReadValue<Name extends keyof ReaderOperations> =
  ReturnType<ReaderOperations[Name]> extends Iterable<infer Value> ? Value : never

/** Reads stores without blocking the caller's thread, or right there in a process that has nothing else to do. */
export interface Readers extends AsyncDisposable {
  stream<Name extends keyof ReaderOperations>(name: Name, params: ReadParams<Name>): AsyncIterable<ReadValue<Name>>
  /** Resolves when everything that is being read now has been read, or its taker has had long enough. */
  quiesced(): Promise<void>
}

/** Runs an operation that yields one value. */
export async function readOne<Name extends keyof ReaderOperations>(
  readers: Readers,
  name: Name,
  params: ReadParams<Name>,
): Promise<ReadValue<Name>> {
  for await (const value of readers.stream(name, params)) return value
  throw new Error(`the reader operation ${name} yielded nothing`)
}

/** Reads in this thread: for a command line without a daemon. */
export class InlineReaders implements Readers {
  readonly #readers = new StoreReaders()

  async *stream<Name extends keyof ReaderOperations>(
    name: Name,
    params: ReadParams<Name>,
  ): AsyncGenerator<ReadValue<Name>> {
    // The name chooses the method, and with it the types of both ends; TypeScript cannot follow that.
    const operation = this.#readers[name].bind(this.#readers) as (params: object) => Iterable<ReadValue<Name>>
    yield* operation(params)
  }

  async quiesced(): Promise<void> {
    // One thing after another: who asks is not reading.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#readers[Symbol.dispose]()
  }
}

/** Reads in a worker. Values are asked for one by one, so a slow taker holds up nothing but itself. */
export class WorkerReaders implements Readers {
  readonly #worker = new WorkerClient<ReaderRequest, ReaderAnswer>('reading/reader-worker', 'reader')
  readonly #reading = new Set<Promise<void>>()
  readonly #patienceMs: number
  #id = 0

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
  }

  /** Whether anything can be open there. */
  get isRunning(): boolean {
    return this.#worker.isRunning
  }

  async *stream<Name extends keyof ReaderOperations>(
    operation: Name,
    params: ReadParams<Name>,
  ): AsyncGenerator<ReadValue<Name>> {
    const id = ++this.#id
    const reading = Promise.withResolvers<void>()
    this.#reading.add(reading.promise)
    let isOver = false
    try {
      for (let request: ReaderRequest = { kind: 'call', id, operation, params }; ; request = { kind: 'next', id }) {
        const answer = await this.#worker.ask(request)
        isOver = answer.kind !== 'value' || answer.isLast
        if (answer.kind === 'end') return
        if (answer.kind === 'failed') throw fromWireError(answer.error)
        yield answer.value as ReadValue<Name> // the worker runs the same class
        if (answer.isLast) return
      }
    } finally {
      if (!isOver) this.#worker.tell({ kind: 'cancel', id } satisfies ReaderRequest)
      this.#reading.delete(reading.promise)
      reading.resolve()
    }
  }

  async quiesced(): Promise<void> {
    const timer = new AbortController()
    const late = delay(this.#patienceMs, undefined, { signal: timer.signal }).catch(() => undefined)
    await Promise.race([Promise.all(this.#reading), late])
    timer.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]()
  }
}
