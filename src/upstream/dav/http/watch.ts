import { PosternError } from '../../../errors.ts'
import { identityRefusal } from '../../../tls/client-identity.ts'
import { failures } from './failures.ts'

/** How long a server is waited for. */
export interface Deadlines {
  /** From one sign of life to the next. */
  readonly silenceMs: number
  /** From the connection to the last octet of the answer. */
  readonly totalMs: number
}

/** Ends an exchange with the server at `where` that takes too long, and says why an exchange has ended. */
export class Watch {
  readonly where: string
  /** Aborts the exchange. */
  readonly signal: AbortSignal
  readonly #deadlines: Deadlines
  readonly #outer: AbortSignal
  readonly #own = new AbortController()
  #silence: NodeJS.Timeout | undefined
  #total: NodeJS.Timeout | undefined

  constructor(where: string, deadlines: Deadlines, outer: AbortSignal) {
    this.where = where
    this.#deadlines = deadlines
    this.#outer = outer
    this.signal = AbortSignal.any([outer, this.#own.signal])
  }

  /** The server has given a sign of life, or is waited for from now on. */
  heard(): void {
    const { silenceMs, totalMs } = this.#deadlines
    this.pause()
    this.#silence = setTimeout(() => this.#own.abort(failures.silent(this.where, silenceMs)), silenceMs)
    this.#total ??= setTimeout(() => this.#own.abort(failures.tooSlow(this.where, totalMs)), totalMs)
  }

  /** The server is not waited for. */
  pause(): void {
    clearTimeout(this.#silence)
  }

  /** We rest because of a limit of ours: that is no time of the server's. */
  rest(): void {
    this.end()
    this.#total = undefined
  }

  /** The exchange is over. */
  end(): void {
    this.pause()
    clearTimeout(this.#total)
  }

  /** What is to be told of a failure. */
  explain(error: unknown): unknown {
    if (this.#outer.aborted) return this.#outer.reason
    if (this.#own.signal.aborted) return this.#own.signal.reason
    if (error instanceof PosternError) return error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('HPE_')) return failures.malformed(this.where, 'it is no HTTP', error)
    return identityRefusal(this.where, error) ?? failures.lost(this.where, error)
  }
}
