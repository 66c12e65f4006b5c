import type { z } from 'zod'
import type { Daemon } from './daemon.ts'
import type { Installation } from './installation.ts'

/** What a method works with. */
export interface MethodContext {
  readonly installation: Installation
  /** The daemon; undefined in a command line without one. */
  readonly daemon: Daemon | undefined
  /** Tells progress to the caller. */
  readonly emit: (event: unknown) => void
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
}

/** Something that the control API can do. */
export type Method =
  | {
      readonly kind: 'value'
      readonly params: z.ZodType
      readonly run: (params: never, context: MethodContext) => Promise<unknown>
    }
  | {
      readonly kind: 'octets'
      readonly params: z.ZodType
      readonly run: (params: never, context: MethodContext) => AsyncIterable<Uint8Array>
    }

/** Defines a method that answers with a JSON document. */
export function valueMethod<Schema extends z.ZodType>(
  params: Schema,
  run: (params: z.infer<Schema>, context: MethodContext) => Promise<unknown>,
): Method {
  return { kind: 'value', params, run }
}

/** Defines a method that answers with octets. */
export function octetsMethod<Schema extends z.ZodType>(
  params: Schema,
  run: (params: z.infer<Schema>, context: MethodContext) => AsyncIterable<Uint8Array>,
): Method {
  return { kind: 'octets', params, run }
}
