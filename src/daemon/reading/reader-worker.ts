import { parentPort } from 'node:worker_threads'
import type { OctetsPage } from '../../store/search/octets-page.ts'
import { toWireError, type WireError } from '../control/wire-error.ts'
import type { MovedColumns } from './moved-columns.ts'
import { type ReaderOperations, StoreReaders } from './reader-operations.ts'

/** What the pool asks: a new call, its next value, or its end before time. */
export type ReaderRequest =
  | { readonly kind: 'call'; readonly id: number; readonly operation: keyof ReaderOperations; readonly params: object }
  | { readonly kind: 'next' | 'cancel'; readonly id: number }

/** What a worker answers. */
export type ReaderAnswer =
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown; readonly isLast: boolean }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }

const readers = new StoreReaders()
const calls = new Map<number, Call>()
/** Most bodies are one chunk: that it was the last one is told with it. */
const LOOKED_AHEAD: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>(['mailboxOctets'])
/** Pages of a long list: the next one is made while the last one is on its way and being used. */
const MADE_AHEAD: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>([
  'mailboxColumns',
  'mailboxDetails',
  'mailboxSmallOctets',
])

parentPort?.on('message', (request: ReaderRequest) => {
  if (request.kind === 'cancel') {
    calls.get(request.id)?.return()
    calls.delete(request.id)
    return
  }
  answer(step(request))
  const call = calls.get(request.id)
  if (call && MADE_AHEAD.has(call.operation)) call.look()
})

function step(request: ReaderRequest): ReaderAnswer {
  const { id } = request
  try {
    if (request.kind === 'call') {
      // The pool sends with each operation the parameters that its type asks for.
      const operation = readers[request.operation].bind(readers) as (params: object) => Iterable<unknown>
      calls.set(id, new Call(request.operation, operation(request.params)))
    }
    const call = calls.get(id)
    if (!call) throw new Error('the worker that read this has ended') // its rest would be missing without a word
    const { value, done } = call.next()
    if (!done && LOOKED_AHEAD.has(call.operation)) call.look()
    if (done || call.isAtEnd) calls.delete(id)
    return done ? { kind: 'end', id } : { kind: 'value', id, value, isLast: call.isAtEnd }
  } catch (error) {
    calls.delete(id)
    return { kind: 'failed', id, error: toWireError(error) }
  }
}

/** An operation under way, whose next value can be made before it is asked for; what fails there fails when it is. */
class Call {
  readonly operation: keyof ReaderOperations
  readonly #values: Iterator<unknown>
  #ahead: (() => IteratorResult<unknown>) | undefined
  /** Whether it is known that there is no next value. */
  isAtEnd = false

  constructor(operation: keyof ReaderOperations, values: Iterable<unknown>) {
    this.operation = operation
    this.#values = values[Symbol.iterator]()
  }

  next(): IteratorResult<unknown> {
    const next = this.#ahead ?? (() => this.#values.next())
    this.#ahead = undefined
    return next()
  }

  return(): void {
    this.#values.return?.()
  }

  look(): void {
    try {
      const ahead = this.#values.next()
      this.isAtEnd = ahead.done === true
      this.#ahead = () => ahead
    } catch (error) {
      this.#ahead = () => {
        throw error
      }
    }
  }
}

function answer(message: ReaderAnswer): void {
  parentPort?.postMessage(message, message.kind === 'value' ? movable(message.value) : [])
}

// Octets and numbers that have a memory of their own move over instead of being copied.
function movable(value: unknown): ArrayBuffer[] {
  const { octets = value, numbers = {} } = (value ?? {}) as Partial<OctetsPage & MovedColumns> // if it is one of them
  const held: unknown[] = [octets, ...Object.values(numbers)]
  return held.flatMap(array => {
    if (!(array instanceof Uint8Array || array instanceof Float64Array)) return []
    const { buffer, byteLength } = array
    const isItsOwn = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
    return isItsOwn && byteLength > 0 ? [buffer] : [] // an empty one is shared
  })
}
