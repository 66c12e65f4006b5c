import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { MailAccount } from '../../src/daemon/mail-view/mail-account.ts'
import { MailNews } from '../../src/daemon/mail-view/mail-news.ts'
import { InlineReaders } from '../../src/daemon/reading/readers.ts'
import { serveImap } from '../../src/imap/connection.ts'
import { ModelAccount } from './model-account.ts'
import { silentLogger } from './silent-logger.ts'
import { connectionOn, type Serve } from './transcript.ts'

const PATIENCE_MS = 5000
const TAGGED = /^\S+ ((?:OK|NO|BAD)(?: \[[^\]]*\])?)/ // what follows is for people

/** Our IMAP front on the store of an account of the model server; user `ada`, password `secret`. */
export class ImapFront implements AsyncDisposable {
  readonly account = new ModelAccount()
  readonly #readers = new InlineReaders()
  readonly #mail: MailAccount
  /** Whether bodies can be fetched; what is asked for is noted. */
  readonly fetched: number[] = []
  /** How long a wrong password was waited for, in ms. */
  readonly delays: number[] = []

  constructor() {
    const { account } = this
    const news = new MailNews(this.#readers, silentLogger())
    account.onCommit = () => news.committed(1)
    this.#mail = new MailAccount({
      ...{ profile: { number: 1, dir: account.dir }, readers: this.#readers, news, clock: account.clock.now },
      spoolDir: join(account.root, 'spool'),
      change: change => account.change(change),
      fetch: async items => {
        this.fetched.push(...items)
        return { errors: items }
      },
    })
  }

  /** Serves one client. */
  get serve(): Serve {
    const backend = {
      account: () => this.#mail,
      signIn: async (attempt: Parameters<Parameters<typeof serveImap>[1]['backend']['signIn']>[0]) => {
        const isRight = attempt.kind === 'digest' ? attempt.matches('secret') : attempt.password === 'secret'
        return isRight && attempt.user === 'ada'
          ? ({ kind: 'accepted', profile: 'work' } as const)
          : ({ kind: 'refused' } as const)
      },
    }
    const delay = async (ms: number) => void this.delays.push(ms)
    return connection => serveImap(connection, { backend, delay })
  }

  /** A client that has signed in. */
  async connect(): Promise<RawClient> {
    const client = new RawClient(this.serve)
    await client.line()
    await client.command('LOGIN ada secret')
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#readers[Symbol.asyncDispose]()
    this.account[Symbol.dispose]()
  }
}

/** A client that sees every line. */
export class RawClient {
  readonly #stream
  readonly #lines: string[] = []
  readonly #done: Promise<void>
  #text = ''
  #wake: (() => void) | undefined
  #tag = 0

  constructor(serve: Serve) {
    const [mine, theirs] = duplexPair()
    this.#stream = mine
    this.#done = serve(connectionOn(theirs))
    this.#done.catch(() => undefined) // told by close()
    mine.setEncoding('latin1').on('data', (text: string) => {
      const lines = (this.#text + text).split('\r\n')
      this.#text = lines.pop() ?? ''
      this.#lines.push(...lines)
      this.#wake?.()
    })
  }

  write(text: string): void {
    this.#stream.write(text, 'latin1')
  }

  /** The next line. */
  async line(): Promise<string> {
    const end = performance.now() + PATIENCE_MS
    while (this.#lines.length === 0) {
      if (performance.now() > end) throw new Error(`no answer; so far ${JSON.stringify(this.#text)}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, PATIENCE_MS)
      await promise
      clearTimeout(timer)
    }
    return this.#lines.shift() ?? ''
  }

  /** What has come unasked so far. */
  async unasked(): Promise<string[]> {
    for (let count = 0; count < 20; count++) await turn()
    return this.#lines.splice(0)
  }

  /** Sends a command; the untagged lines, then the tagged one without its tag and its text. */
  async command(text: string): Promise<string[]> {
    const tag = `x${++this.#tag}`
    this.write(`${tag} ${text}\r\n`)
    return this.answerOf(tag)
  }

  async answerOf(tag: string): Promise<string[]> {
    const answers: string[] = []
    for (;;) {
      const line = await this.line()
      if (line.startsWith(`${tag} `)) return [...answers, TAGGED.exec(line)?.[1] ?? line]
      answers.push(line)
    }
  }

  /** Appends with a non-synchronizing literal. */
  async append(mailbox: string, message: string, flags = ''): Promise<string[]> {
    const tag = `x${++this.#tag}`
    this.write(`${tag} APPEND ${mailbox} ${flags}{${message.length}+}\r\n${message}\r\n`)
    return this.answerOf(tag)
  }

  /** Ends the connection; rejects when the front had a bug. */
  async close(): Promise<void> {
    this.#stream.end()
    await this.#done
  }
}
