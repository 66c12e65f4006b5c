import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { Home } from '../../config/home.ts'
import { readIfPresent } from '../../config/private-file.ts'
import { PosternError } from '../../errors.ts'
import type { DaemonErrorCode } from '../errors.ts'
import type { CallOptions, Control } from './control.ts'
import { assertSocketFolderIsOurs } from './socket-folder.ts'
import { fromWireError, type WireError } from './wire-error.ts'

const ENDING_POLL_MS = 20
const ENDING_TIMEOUT_MS = 5000 // longer than a control server takes to close
const ANSWER_TIMEOUT_MS = 10_000 // the daemon answers at once, unless it is stopped

/** Finds the daemon of a home; undefined when none answers. */
export async function findDaemon(home: Home, answerTimeoutMs = ANSWER_TIMEOUT_MS): Promise<Control | undefined> {
  const token = await readIfPresent(home.controlTokenFile)
  if (token === undefined) return undefined
  await assertSocketFolderIsOurs(home) // whoever listens there gets the token, and passwords
  const control = new SocketControl(home, token, answerTimeoutMs)
  return (await control.answers()) ? control : undefined
}

interface Line {
  readonly event?: unknown
  readonly result?: unknown
  readonly error?: WireError
}

class SocketControl implements Control {
  readonly isDaemon = true
  readonly #home: Home
  readonly #token: string
  readonly #answerTimeoutMs: number

  constructor(home: Home, token: string, answerTimeoutMs: number) {
    this.#home = home
    this.#token = token
    this.#answerTimeoutMs = answerTimeoutMs
  }

  /** Tells whether somebody listens: a killed daemon leaves its token behind, one that ends may cut the question off. */
  async answers(): Promise<boolean> {
    const deadlineMs = performance.now() + ENDING_TIMEOUT_MS
    for (;;) {
      const problem = await this.#ask()
      if (problem === undefined) return true
      const code = 'code' in problem ? problem.code : undefined
      if (code === 'ENOENT' || code === 'ECONNREFUSED') return false
      const isEnding = code === 'EPIPE' || code === 'ECONNRESET'
      if (!isEnding || performance.now() > deadlineMs) throw failed(problem)
      await delay(ENDING_POLL_MS)
    }
  }

  async #ask(): Promise<Error | undefined> {
    const timeout = AbortSignal.timeout(this.#answerTimeoutMs)
    try {
      const response = await this.#post('', {}, timeout)
      response.resume()
      return undefined
    } catch (error) {
      if (timeout.aborted) return new Error(`it has not answered within ${this.#answerTimeoutMs / 1000} s`)
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async call(method: string, params: object, { onEvent, signal }: CallOptions): Promise<unknown> {
    const response = await this.#begin(method, params, signal)
    try {
      for await (const text of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        const line = JSON.parse(text) as Line // our own daemon's, by its token
        if (line.error) throw fromWireError(line.error)
        if ('result' in line) return line.result
        onEvent?.(line.event)
      }
    } catch (error) {
      if (signal.aborted) throw cancelled()
      throw error instanceof PosternError ? error : failed(error)
    }
    throw signal.aborted ? cancelled() : failed(new Error('it broke off'))
  }

  async *octets(method: string, params: object, { signal }: CallOptions): AsyncGenerator<Uint8Array> {
    const response = await this.#begin(method, params, signal)
    try {
      if (response.headers['content-type'] !== 'application/octet-stream') throw await refusalIn(response)
      yield* response as AsyncIterable<Buffer>
    } catch (error) {
      if (signal.aborted) throw cancelled()
      throw error instanceof PosternError ? error : failed(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Every call has a connection of its own.
  }

  async #begin(method: string, params: object, signal: AbortSignal): Promise<IncomingMessage> {
    return await this.#post(method, params, signal).catch(error => {
      throw signal.aborted ? signal.reason : failed(error)
    })
  }

  #post(method: string, params: object, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' }
    request({
      socketPath: this.#home.controlAddress,
      path: `/v1/${method}`,
      method: 'POST',
      headers,
      signal,
      agent: false,
    })
      .once('response', resolve)
      .once('error', reject)
      .end(JSON.stringify(params))
    return promise
  }
}

async function refusalIn(response: IncomingMessage): Promise<Error> {
  let text = ''
  for await (const chunk of response) text += chunk
  const { error } = JSON.parse(text) as Line // our own daemon's, by its token
  return error ? fromWireError(error) : new Error('an unexpected answer')
}

function failed(cause: unknown): PosternError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<DaemonErrorCode>(
    'DAEMON_CONTROL_FAILED',
    `The conversation with the daemon failed: ${text}`,
    {
      remedy: 'retry',
      advice: 'See `postern status`, and the log.',
      cause,
    },
  )
}

function cancelled(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_STOPPING', 'The command was stopped.', {
    remedy: 'retry',
    advice: 'What is done is kept; repeat the command to go on.',
  })
}
