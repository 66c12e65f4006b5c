/** What helps after a failure: trying again later, or a person who changes something. */
export type Remedy = 'retry' | 'user'

/** Options of a {@link PosternError}. */
export interface PosternErrorOptions {
  readonly remedy: Remedy
  /** What to do now, as one sentence for the user. */
  readonly advice: string
  readonly cause?: unknown
}

/**
 * An expected failure. `message` says what happened and to what, `advice` what to do. Every code stands in
 * docs/errors.md; each folder declares its own codes as a string union `…ErrorCode` in its `errors.ts`.
 */
export class PosternError<Code extends string = string> extends Error {
  readonly code: Code
  readonly remedy: Remedy
  readonly advice: string

  constructor(code: Code, message: string, { remedy, advice, cause }: PosternErrorOptions) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'PosternError'
    this.code = code
    this.remedy = remedy
    this.advice = advice
  }
}
