import { parentPort } from 'node:worker_threads'
import { toWireError, type WireError } from '../control/wire-error.ts'
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
const calls = new Map<number, Iterator<unknown>>()
/** Most bodies are one chunk: that it was the last one is told with it. */
const LOOKED_AHEAD: ReadonlySet<keyof ReaderOperations> = new Set<keyof ReaderOperations>(['mailboxOctets'])

parentPort?.on('message', (request: ReaderRequest) => {
  if (request.kind === 'cancel') {
    calls.get(request.id)?.return?.()
    calls.delete(request.id)
    return
  }
  answer(step(request))
})

function step(request: ReaderRequest): ReaderAnswer {
  const { id } = request
  try {
    if (request.kind === 'call') {
      // The pool sends with each operation the parameters that its type asks for.
      const operation = readers[request.operation].bind(readers) as (params: object) => Iterable<unknown>
      const iterator = operation(request.params)[Symbol.iterator]()
      calls.set(id, LOOKED_AHEAD.has(request.operation) ? new Lookahead(iterator) : iterator)
    }
    const call = calls.get(id)
    if (!call) throw new Error('the worker that read this has ended') // its rest would be missing without a word
    const { value, done } = call.next()
    const isLast = call instanceof Lookahead && call.isAtEnd
    if (!done && !isLast) return { kind: 'value', id, value, isLast }
    calls.delete(id)
    if (!done) return { kind: 'value', id, value, isLast }
    return { kind: 'end', id }
  } catch (error) {
    calls.delete(id)
    return { kind: 'failed', id, error: toWireError(error) }
  }
}

/** Reads one value more than it gives; what fails there fails when it is asked for. */
class Lookahead implements Iterator<unknown> {
  readonly #inner: Iterator<unknown>
  #next: () => IteratorResult<unknown>
  isAtEnd = false

  constructor(inner: Iterator<unknown>) {
    this.#inner = inner
    this.#next = () => inner.next()
  }

  next(): IteratorResult<unknown> {
    const value = this.#next()
    if (!value.done) this.#look()
    return value
  }

  return(): IteratorResult<unknown> {
    this.#inner.return?.()
    return { value: undefined, done: true }
  }

  #look(): void {
    try {
      const ahead = this.#inner.next()
      this.isAtEnd = ahead.done === true
      this.#next = () => ahead
    } catch (error) {
      this.#next = () => {
        throw error
      }
    }
  }
}

function answer(message: ReaderAnswer): void {
  parentPort?.postMessage(message, message.kind === 'value' ? movable(message.value) : [])
}

// Octets that have a memory of their own move over instead of being copied.
function movable(value: unknown): ArrayBuffer[] {
  const octets = typeof value === 'object' && value !== null && 'octets' in value ? value.octets : value
  if (!(octets instanceof Uint8Array) || !(octets.buffer instanceof ArrayBuffer)) return []
  return octets.byteLength === octets.buffer.byteLength ? [octets.buffer] : []
}
