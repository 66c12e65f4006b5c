import { parentPort } from 'node:worker_threads'
import { toWireError, type WireError } from '../control/wire-error.ts'
import { type ReaderOperations, StoreReaders } from './reader-operations.ts'

/** What the pool asks: a new call, its next value, or its end before time. */
export type ReaderRequest =
  | { readonly kind: 'call'; readonly id: number; readonly operation: keyof ReaderOperations; readonly params: object }
  | { readonly kind: 'next' | 'cancel'; readonly id: number }

/** What a worker answers. */
export type ReaderAnswer =
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }

const readers = new StoreReaders()
const calls = new Map<number, Iterator<unknown>>()

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
      calls.set(id, operation(request.params)[Symbol.iterator]())
    }
    const call = calls.get(id)
    if (!call) throw new Error('the worker that read this has ended') // its rest would be missing without a word
    const { value, done } = call.next()
    if (!done) return { kind: 'value', id, value }
    calls.delete(id)
    return { kind: 'end', id }
  } catch (error) {
    calls.delete(id)
    return { kind: 'failed', id, error: toWireError(error) }
  }
}

function answer(message: ReaderAnswer): void {
  const value = message.kind === 'value' ? message.value : undefined
  const octets = value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? value : undefined
  // Octets that have a memory of their own move over instead of being copied.
  const isAlone = octets !== undefined && octets.byteLength === octets.buffer.byteLength
  parentPort?.postMessage(message, isAlone && octets.buffer instanceof ArrayBuffer ? [octets.buffer] : [])
}
