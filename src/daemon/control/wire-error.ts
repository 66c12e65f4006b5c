import { PosternError, type Remedy } from '../../errors.ts'

/** A failure as it crosses a process border. */
export interface WireError {
  readonly code: string
  readonly message: string
  readonly remedy: Remedy
  readonly advice: string
}

/** Makes a failure fit for another process; a bug keeps its stack for the log of whoever gets it. */
export function toWireError(error: unknown): WireError {
  if (error instanceof PosternError) {
    const { code, message, remedy, advice } = error
    return { code, message, remedy, advice }
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'BUG', message: `this is a bug in Postern: ${text}`, remedy: 'user', advice: 'Please report it.' }
}

/** Makes a failure of another process one of ours. */
export function fromWireError({ code, message, remedy, advice }: WireError): PosternError {
  return new PosternError(code, message, { remedy, advice })
}
