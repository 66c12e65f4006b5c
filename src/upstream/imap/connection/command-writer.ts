import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandPart } from '../../../formats/imap/encoder.ts'
import type { RateLimit } from '../../rate-limit.ts'

const MAX_LITERAL_MINUS_OCTETS = 4096 // RFC 7888 section 5

/** What a {@link CommandWriter} needs of its connection. */
export interface CommandWriterOptions {
  /** Where octets go; undefined when the connection has ended. */
  readonly socket: () => Socket | undefined
  readonly capabilities: () => ReadonlySet<string>
  /** Is told that the server waits for us, not we for it. */
  readonly onPaced: () => void
  readonly upload: RateLimit | undefined
}

/** Writes commands, one after the other; literals wait for the server's "go ahead" where it wants that, and for room. */
export class CommandWriter {
  readonly #options: CommandWriterOptions
  #sending: Promise<void> = Promise.resolve()
  #literal: { readonly tag: string; readonly go: (isGranted: boolean) => void } | undefined
  #room: (() => void) | undefined

  constructor(options: CommandWriterOptions) {
    this.#options = options
  }

  /** Writes a command behind those that are being written; rejects when its literal cannot be read. */
  send(tag: string, parts: readonly CommandPart[]): Promise<void> {
    this.#sending = this.#sending.then(() => this.#send(tag, [`${tag} `, ...parts, '\r\n']))
    return this.#sending
  }

  /** Writes a line at once. */
  line(text: string): void {
    this.#write(`${text}\r\n`)
  }

  /** Takes a continuation request; false when no literal waits for one. */
  goAhead(): boolean {
    if (!this.#literal) return false
    this.#release(true)
    return true
  }

  /** A command was answered: its literal is not wanted if it still waits. */
  answered(tag: string): void {
    if (this.#literal?.tag === tag) this.#release(false)
  }

  /** The socket has room again. */
  drained(): void {
    this.#room?.()
    this.#room = undefined
  }

  /** The connection has ended: nothing waits any more. */
  end(): void {
    this.#release(false)
    this.drained()
  }

  async #send(tag: string, parts: readonly CommandPart[]): Promise<void> {
    let line = ''
    for (const part of parts) {
      if (typeof part === 'string') {
        line += part
        continue
      }
      const { octets, chunks } =
        'stream' in part ? part.stream : { octets: part.literal.length, chunks: () => [part.literal] }
      const isSynchronizing = this.#isSynchronizing(octets)
      this.#write(`${line}{${octets}${isSynchronizing ? '' : '+'}}\r\n`)
      line = ''
      if (isSynchronizing && !(await this.#granted(tag))) return
      for (const chunk of chunks()) await this.#sendChunk(chunk)
    }
    this.#write(line)
  }

  #isSynchronizing(octets: number): boolean {
    const capabilities = this.#options.capabilities()
    const isSmall = octets <= MAX_LITERAL_MINUS_OCTETS
    return !capabilities.has('LITERAL+') && !(capabilities.has('LITERAL-') && isSmall)
  }

  async #sendChunk(chunk: Buffer): Promise<void> {
    const { upload, onPaced } = this.#options
    const pieceOctets = upload?.pieceOctets ?? Number.POSITIVE_INFINITY
    for (let at = 0; at < chunk.length; at += pieceOctets) {
      const piece = chunk.subarray(at, at + pieceOctets)
      if (!this.#write(piece)) await this.#hasRoom()
      const pauseMs = upload?.take(piece.length) ?? 0
      if (pauseMs === 0 || !this.#isOpen) continue
      await sleep(pauseMs)
      onPaced()
    }
  }

  get #isOpen(): boolean {
    return this.#options.socket() !== undefined
  }

  /** Writes, and tells whether there is room for more. */
  #write(octets: string | Buffer): boolean {
    return this.#options.socket()?.write(octets) ?? true
  }

  #hasRoom(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#isOpen) this.#room = resolve
    else resolve()
    return promise
  }

  #granted(tag: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    if (this.#isOpen) this.#literal = { tag, go: resolve }
    else resolve(false)
    return promise
  }

  #release(isGranted: boolean): void {
    this.#literal?.go(isGranted)
    this.#literal = undefined
  }
}
