import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import process from 'node:process'
import type { Home } from '../../config/home.ts'
import { replaceFile } from '../../config/private-file.ts'
import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import { equalInConstantTime } from '../../sasl/constant-time.ts'
import type { DaemonErrorCode } from '../errors.ts'
import { unusableHome } from '../home-lock.ts'
import type { MethodContext } from '../method.ts'
import { runMethod } from '../methods.ts'
import { assertSocketFolderIsOurs } from './socket-folder.ts'
import { toWireError } from './wire-error.ts'

const MAX_BODY_OCTETS = 8 * 1_048_576 // a command line has up to 2 MB of ids
const TOKEN_OCTETS = 32
const REQUEST_TIMEOUT_MS = 30_000 // for the request to arrive, not for its answer

/** Options of {@link openControlServer}. */
export interface ControlServerOptions {
  readonly home: Home
  readonly context: Pick<MethodContext, 'installation' | 'daemon'>
  readonly log: Logger
}

/**
 * Serves the control API on a Unix socket that only this user reaches (a named pipe on Windows), to who has the token.
 * A call is `POST /v1/<method>` with a JSON document. The answer is a line of JSON per event and one `{"result"}` or
 * `{"error"}` at the end, or octets.
 */
export async function openControlServer(options: ControlServerOptions): Promise<AsyncDisposable> {
  const { home } = options
  const token = randomBytes(TOKEN_OCTETS).toString('base64url')
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    new ControlRequest(options, token, request, response).answer().catch(error => {
      options.log.error({ err: error }, 'a control request ended with a bug')
      response.destroy()
    })
  })
  if (process.platform !== 'win32') {
    await mkdir(dirname(home.controlAddress), { recursive: true, mode: 0o700 })
    await assertSocketFolderIsOurs(home)
    await rm(home.controlAddress, { force: true }) // a killed daemon leaves it; the home's lock says that there is none
  }
  await listen(server, home.controlAddress)
  server.on('error', error => options.log.error({ err: error }, 'the control socket has a problem'))
  try {
    if (process.platform !== 'win32') await chmod(home.controlAddress, 0o600)
    await replaceFile(home.controlTokenFile, token, 0o600)
  } catch (error) {
    server.close() // a server that listens would keep the process alive
    throw unusableHome(home, error)
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(home.controlTokenFile, { force: true })
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), 1000).unref()
      await closed
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(path, () => resolve())
  return promise
}

class ControlRequest {
  readonly #options: ControlServerOptions
  readonly #token: string
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #abort = new AbortController()

  constructor(options: ControlServerOptions, token: string, request: IncomingMessage, response: ServerResponse) {
    this.#options = options
    this.#token = token
    this.#request = request
    this.#response = response
    response.once('close', () => this.#abort.abort(gone()))
  }

  async answer(): Promise<void> {
    try {
      const { method, params } = await this.#read()
      const emit = (event: unknown) => this.#line({ event })
      const context = { ...this.#options.context, emit, signal: this.#abort.signal }
      const answer = runMethod(method, params, context)
      if (answer.kind === 'octets') await this.#sendOctets(answer.octets)
      else this.#line({ result: (await answer.value) ?? null })
    } catch (error) {
      if (!(error instanceof PosternError))
        this.#options.log.error({ err: error }, 'a control method failed with a bug')
      // Octets that broke off must not look like a whole message.
      if (this.#response.headersSent && this.#response.getHeader('content-type') === OCTETS) this.#response.destroy()
      else this.#line({ error: toWireError(error) })
    }
    this.#response.end()
  }

  async #read(): Promise<{ readonly method: string; readonly params: unknown }> {
    const { method, url, headers } = this.#request
    const [, given = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
    if (!equalInConstantTime(given, this.#token)) throw refused()
    const name = /^\/v1\/([\w.]+)$/.exec(url ?? '')?.[1]
    if (method !== 'POST' || !name) throw refused()
    const chunks: Buffer[] = []
    let octets = 0
    for await (const chunk of this.#request) {
      octets += chunk.length
      if (octets > MAX_BODY_OCTETS) throw refused()
      chunks.push(chunk)
    }
    return { method: name, params: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  }

  #line(document: object): void {
    if (!this.#response.headersSent) this.#response.setHeader('content-type', 'application/x-ndjson')
    this.#response.write(`${JSON.stringify(document)}\n`)
  }

  async #sendOctets(octets: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of octets) {
      if (!this.#response.headersSent) this.#response.setHeader('content-type', OCTETS)
      if (this.#response.write(chunk)) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#response.once('drain', resolve).once('close', resolve)
      await promise
      this.#abort.signal.throwIfAborted()
    }
    if (!this.#response.headersSent) this.#response.setHeader('content-type', OCTETS) // an empty message
  }
}

const OCTETS = 'application/octet-stream'

function refused(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_CONTROL_REFUSED', 'The daemon refused the request.', {
    remedy: 'user',
    advice: 'Use the `postern` command as the user who runs the daemon.',
  })
}

function gone(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_STOPPING', 'The command that asked has ended.', {
    remedy: 'retry',
    advice: 'Repeat the command.',
  })
}
