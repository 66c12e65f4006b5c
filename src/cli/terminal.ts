import { createInterface } from 'node:readline/promises'
import { StringDecoder } from 'node:string_decoder'
import type { ReadStream, WriteStream } from 'node:tty'
import { PosternError } from '../errors.ts'
import type { CliErrorCode } from './errors.ts'

const MAX_SECRET_LENGTH = 65_536

/** The streams that a command talks to. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>
  readonly stdout: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>
  readonly stderr: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>
}

/** What a command prints to. With `--json`, stdout holds one JSON document and nothing else. */
export class Terminal {
  readonly json: boolean
  readonly #streams: Streams

  constructor(streams: Streams, { json }: { readonly json: boolean }) {
    this.#streams = streams
    this.json = json
  }

  /** Whether a person sees the progress: never with `--json` or into a file. */
  get isInteractive(): boolean {
    return !this.json && this.#streams.stderr.isTTY === true
  }

  /** Prints the result: the document with `--json`, else the text made from it. */
  result<Document>(document: Document, text: (document: Document) => string): void {
    this.#streams.stdout.write(this.json ? `${JSON.stringify(document)}\n` : lineEnded(text(document)))
  }

  /** Prints a line for people; nothing with `--json`. */
  say(text: string): void {
    if (!this.json) this.#streams.stdout.write(lineEnded(text))
  }

  /** Prints a remark to stderr, which scripts may ignore. */
  note(text: string): void {
    this.#streams.stderr.write(lineEnded(text))
  }

  /** Rewrites the last `lines` lines of the progress on a terminal. */
  progress(text: string, { rewriteLines }: { readonly rewriteLines: number }): void {
    if (this.isInteractive) this.#streams.stderr.write(`${'\x1b[1A\x1b[2K'.repeat(rewriteLines)}${lineEnded(text)}`)
  }

  /** Writes octets to stdout and waits until they are taken. */
  async bytes(chunk: Buffer): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#streams.stdout.write(chunk, error => (error ? reject(error) : resolve()))
    await promise
  }

  /** Prints a failure the way the mode asks for. */
  failure(error: { code: string; message: string; remedy: string; advice: string }): void {
    const { code, message, remedy, advice } = error
    if (this.json) this.#streams.stdout.write(`${JSON.stringify({ error: { code, message, remedy, advice } })}\n`)
    else this.#streams.stderr.write(`postern: ${printableLines(message)}\n  ${printableLines(advice)}\n`)
  }

  /**
   * Asks a yes-or-no question.
   *
   * @throws {PosternError} CLI_NOT_CONFIRMED when there is nobody to ask or the answer is no.
   */
  async confirm(question: string, { yes, signal }: { readonly yes: boolean; readonly signal: AbortSignal }) {
    if (yes) return
    if (!this.canAsk) throw notConfirmed(`${question} Nobody could be asked.`)
    const answer = await this.#ask(`${printable(question)} [y/N] `, signal)
    if (!/^y(es)?$/i.test(answer.trim())) throw notConfirmed('The answer was no; nothing was changed.')
  }

  /** Whether a person is there who can be asked. */
  get canAsk(): boolean {
    return !this.json && this.#streams.stdin.isTTY === true
  }

  /** Asks a person for a line. */
  question(prompt: string, signal: AbortSignal): Promise<string> {
    return this.#ask(prompt, signal)
  }

  /** Reads a secret: typed without echo at a terminal, else the first line of stdin. */
  async secret(prompt: string, signal: AbortSignal): Promise<string> {
    const [secret = ''] = await this.secrets([prompt], signal)
    return secret
  }

  /** Reads a secret for each prompt: typed without echo at a terminal, else the first lines of stdin. */
  async secrets(prompts: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    if (!this.isTyped) return firstLines(this.#streams.stdin, prompts.length)
    const secrets: string[] = []
    for (const prompt of prompts) secrets.push(await this.#typed(prompt, signal))
    return secrets
  }

  /** Whether a person types what is read. */
  get isTyped(): boolean {
    return this.#streams.stdin.isTTY === true
  }

  async #typed(prompt: string, signal: AbortSignal): Promise<string> {
    const { stdin, stderr } = this.#streams
    stderr.write(prompt)
    stdin.setRawMode?.(true)
    try {
      return await typed(stdin, signal)
    } finally {
      stdin.setRawMode?.(false)
      stdin.pause()
      stderr.write('\n')
    }
  }

  async #ask(question: string, signal: AbortSignal): Promise<string> {
    const lines = createInterface({ input: this.#streams.stdin, output: this.#streams.stderr })
    const { promise: closed, reject } = Promise.withResolvers<never>()
    closed.catch(() => undefined) // an answer came first
    lines.once('close', () => reject(cancelled())) // Ctrl-D
    try {
      return await Promise.race([lines.question(question, { signal }), closed])
    } finally {
      lines.close()
    }
  }
}

/** Formats rows as columns, padded to the widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  // No spread: a folder may have more rows than a call takes arguments.
  const widths = header.map((_, column) => all.reduce((most, row) => Math.max(most, width(row[column] ?? '')), 0))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}

/** Makes a text from outside safe for a terminal: control characters become visible. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\u00b7')
}

/** The same for a text of several lines. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

function width(text: string): number {
  return [...text].length
}

function lineEnded(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function notConfirmed(message: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_NOT_CONFIRMED', message, {
    remedy: 'user',
    advice: 'Repeat the command and answer y, or add --yes.',
  })
}

// What follows it is not waited for: it may never end.
async function firstLines(stdin: NodeJS.ReadableStream, count: number): Promise<readonly string[]> {
  const decoder = new StringDecoder() // a character may come in two parts
  let text = ''
  for await (const chunk of stdin) {
    text += typeof chunk === 'string' ? chunk : decoder.write(chunk)
    if (text.split('\n').length > count) break
    if (text.length > MAX_SECRET_LENGTH) throw tooLong()
  }
  return text.split(/\r?\n/, count)
}

async function typed(stdin: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const onData = (chunk: Buffer | string) => {
    for (const char of chunk.toString()) {
      if (char === '\r' || char === '\n') return resolve(text)
      if (char === '\x03') return reject(cancelled()) // Ctrl-C: raw mode makes no signal of it
      text = char === '\x7f' || char === '\b' ? text.slice(0, -1) : text + char
    }
  }
  const onAbort = () => reject(cancelled())
  signal.addEventListener('abort', onAbort, { once: true })
  stdin.on('data', onData)
  stdin.resume() // a question before has paused it
  try {
    return await promise
  } finally {
    stdin.off('data', onData)
    signal.removeEventListener('abort', onAbort)
  }
}

function tooLong(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'What stands on stdin is too long for a password.', {
    remedy: 'user',
    advice: 'Give the password as the first line.',
  })
}

function cancelled(): PosternError {
  return new PosternError<CliErrorCode>('CLI_CANCELLED', 'The input was cancelled.', {
    remedy: 'user',
    advice: 'Nothing was changed; repeat the command.',
  })
}
