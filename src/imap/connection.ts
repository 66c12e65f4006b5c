import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeBase64 } from '../formats/imap/command/arguments/session-commands.ts'
import type { CommandEvent } from '../formats/imap/command/command-event.ts'
import { parseCommand } from '../formats/imap/command/command-parser.ts'
import { CommandSplitter } from '../formats/imap/command/command-splitter.ts'
import type { FrontConnection } from '../net/front-connection.ts'
import { Append } from './append.ts'
import type { ImapBackend } from './backend.ts'
import { continueSasl } from './commands/session-commands.ts'
import { Output } from './output.ts'
import { bad, no, ok, replyLine } from './reply.ts'
import { ImapSession } from './session.ts'
import type { Wire } from './wire.ts'

const LINGER_MS = 5000
// A browser that was tricked into talking to us speaks HTTP first: it gets no second line.
const HTTP = /^(GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) |^Host: /i

const REFUSALS = {
  'line-too-long': bad('the line is too long'),
  'literal-too-large': no('the literal is too large', 'LIMIT'),
  'command-too-large': no('the command is too large', 'LIMIT'),
  'by-caller': no('the message was not taken'),
} as const

/** Options of {@link serveImap}. */
export interface ImapOptions {
  readonly backend: ImapBackend
  /** Waits after a wrong password; for tests. */
  readonly delay?: (ms: number) => Promise<void>
}

/** Serves one IMAP client; resolves when the connection has ended, rejects for a bug. */
export function serveImap(connection: FrontConnection, options: ImapOptions): Promise<void> {
  return new ImapConnection(connection, options).run()
}

class ImapConnection {
  readonly #connection: FrontConnection
  readonly #options: ImapOptions
  readonly #ended = Promise.withResolvers<void>()
  readonly #splitter = new CommandSplitter()
  #stream: Duplex
  #output: Output
  #session: ImapSession
  #append: Append | undefined
  #isBusy = false
  #hasNews = false
  #hasSpoken = false
  #hasClientEnded = false
  #isClosing = false

  constructor(connection: FrontConnection, options: ImapOptions) {
    this.#connection = connection
    this.#options = options
    this.#stream = connection.stream
    this.#output = new Output(this.#stream)
    this.#session = this.#newSession()
  }

  async run(): Promise<void> {
    this.#stream.write(this.#session.greeting())
    this.#attach()
    this.#connection.onDrain = () => this.#wake()
    if (this.#connection.isDraining) this.#wake()
    try {
      await this.#ended.promise
    } finally {
      this.#session[Symbol.dispose]()
      await this.#append?.[Symbol.asyncDispose]()
    }
  }

  #newSession(): ImapSession {
    const { isSecure, canStartTls } = this.#connection
    const onNews = () => {
      this.#hasNews = true
      if (this.#session.idleTag !== undefined) this.#wake()
    }
    const delay = this.#options.delay ?? (ms => sleep(ms))
    return new ImapSession({ backend: this.#options.backend, isSecure, canStartTls, onNews, delay })
  }

  #attach(): void {
    this.#stream.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose)
  }

  #detach(): void {
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#stream.off('error', this.#onClose)
  }

  readonly #onData = (chunk: Buffer) => {
    this.#splitter.push(chunk)
    this.#wake()
  }

  // A client that has closed its half still gets its answers.
  readonly #onEnd = () => {
    this.#hasClientEnded = true
    this.#wake()
  }

  readonly #onClose = () => {
    this.#ended.resolve()
  }

  /** Works on what is here, one thing after another; nothing is read meanwhile. */
  #wake(): void {
    if (this.#isBusy || this.#isClosing) return
    this.#isBusy = true
    this.#stream.pause()
    this.#work().then(
      () => {
        this.#isBusy = false
        if (this.#isClosing || this.#stream.destroyed) return
        if (this.#hasNews && this.#session.idleTag !== undefined) this.#wake()
        else this.#stream.resume()
      },
      error => {
        this.#stream.destroy()
        this.#ended.reject(error)
      },
    )
  }

  async #work(): Promise<void> {
    while (!this.#isClosing && !this.#stream.destroyed && (await this.#step()));
    if (this.#isClosing || this.#stream.destroyed) return
    if (this.#hasNews && this.#session.idleTag !== undefined) await this.#tellNews()
    await this.#output.flush()
    const isBetween = this.#append === undefined && this.#session.exchange === undefined
    if (this.#connection.isDraining && isBetween) await this.#close('* BYE [UNAVAILABLE] the server is stopping\r\n')
    else if (this.#hasClientEnded) await this.#close('')
  }

  async #tellNews(): Promise<void> {
    this.#hasNews = false
    await this.#output.write(await this.#session.news(true))
  }

  /** Does the next thing; false when there is none. */
  async #step(): Promise<boolean> {
    if (this.#session.exchange || this.#session.idleTag !== undefined) return this.#line()
    const event = this.#splitter.next()
    if (!event) return false
    await this.#handle(event)
    await this.#follow()
    return true
  }

  /** A line outside of commands: of a SASL exchange, or the DONE of IDLE. */
  async #line(): Promise<boolean> {
    const line = this.#splitter.nextLine()
    if (!line) return false
    const text = line.kind === 'line' ? line.octets.toString('latin1') : ''
    const { idleTag } = this.#session
    if (idleTag === undefined) await this.#saslLine(text)
    else {
      this.#session.idleTag = undefined
      const isDone = /^done$/i.test(text)
      if (isDone) await this.#tellNews()
      await this.#output.write(replyLine(idleTag, isDone ? ok('idled') : bad('DONE was expected')))
    }
    await this.#follow()
    return true
  }

  async #saslLine(text: string): Promise<void> {
    const tag = this.#session.exchange?.tag ?? '*'
    const octets = text === '*' ? undefined : decodeBase64(text)
    if (!octets) {
      this.#session.exchange = undefined
      const reply = bad(text === '*' ? 'authentication cancelled' : 'invalid base64')
      return this.#output.write(replyLine(tag, reply))
    }
    const answer = await continueSasl(this.#session, octets)
    await this.#output.write(typeof answer === 'string' ? answer : replyLine(tag, answer))
  }

  async #handle(event: CommandEvent): Promise<void> {
    switch (event.kind) {
      case 'continue':
        await this.#output.write('+ go ahead\r\n')
        return
      case 'command':
        return this.#command(event)
      case 'append-literal':
        return this.#announce(event)
      case 'append-octets':
        if (!(await this.#append?.write(event.octets))) this.#splitter.refuse()
        return
      case 'append-literal-end':
        await this.#append?.endMessage()
        return
      case 'append-end':
        return this.#endAppend(async append => append.finish(event.pieces))
      case 'refused': {
        if (this.#append) return this.#endAppend(async append => append.refusal)
        return this.#output.write(replyLine(event.tag ?? '*', REFUSALS[event.reason]))
      }
      case 'broken':
        return this.#close('* BYE [LIMIT] the literal is too large\r\n')
    }
  }

  async #command({ pieces }: CommandEvent & { readonly kind: 'command' }): Promise<void> {
    const [first] = pieces
    if (!this.#hasSpoken && first?.kind === 'text' && HTTP.test(first.octets.toString('latin1', 0, 64))) {
      return this.#close('* BYE this is IMAP\r\n')
    }
    this.#hasSpoken = true
    const parsed = parseCommand(pieces, this.#session.dialect)
    if (parsed.kind === 'malformed') return this.#output.write(replyLine(parsed.tag ?? '*', bad(parsed.reason)))
    if (parsed.kind === 'unknown-charset') {
      return this.#output.write(replyLine(parsed.tag, no(parsed.reason, 'BADCHARSET (UTF-8 US-ASCII)')))
    }
    await this.#send(this.#session.handle(parsed.tag, parsed.command))
  }

  // A client that has gone ends what was being read for it.
  async #send(wires: AsyncIterable<Wire>): Promise<void> {
    for await (const wire of wires) {
      if (this.#stream.destroyed) return
      await this.#output.write(wire)
    }
  }

  async #announce(event: CommandEvent & { readonly kind: 'append-literal' }): Promise<void> {
    this.#append ??= new Append(this.#session)
    if (!(await this.#append.announce(event))) return this.#splitter.refuse()
    this.#splitter.accept()
    if (event.isSynchronizing) await this.#output.write('+ go ahead\r\n')
    await this.#output.flush()
  }

  async #endAppend(end: (append: Append) => ReturnType<Append['finish']>): Promise<void> {
    const append = this.#append
    if (!append) return
    this.#append = undefined
    await using _append = append
    const reply = await end(append)
    await this.#output.write(await this.#session.news(true))
    await this.#output.write(replyLine(append.tag, reply))
  }

  /** What a command has left to be done to the connection. */
  async #follow(): Promise<void> {
    const { after } = this.#session
    this.#session.after = undefined
    if (after === 'close') await this.#close('')
    else if (after === 'start-tls') await this.#secure()
  }

  // What a client sent in plain text before the handshake is thrown away (CVE-2011-0411).
  async #secure(): Promise<void> {
    this.#detach()
    this.#splitter.clear()
    await this.#output.flush()
    for (let rest = this.#stream.read(); rest !== null; rest = this.#stream.read());
    try {
      this.#stream = await this.#connection.startTls()
    } catch {
      this.#isClosing = true // the connection is destroyed already
      this.#ended.resolve()
      return
    }
    this.#output = new Output(this.#stream)
    this.#session[Symbol.dispose]()
    this.#session = this.#newSession()
    this.#attach()
  }

  async #close(lastWords: string): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    if (lastWords !== '') await this.#output.write(lastWords)
    await this.#output.flush()
    this.#stream.off('data', this.#onData)
    this.#stream.resume() // lets 'end' and 'close' come
    this.#stream.end(() => this.#finish())
  }

  #finish(): void {
    // Half-open sockets stay until the client closes as well; a client that lingers is ended.
    if (this.#hasClientEnded) this.#stream.destroy()
    else this.#connection.setIdleTimeout(LINGER_MS)
  }
}
