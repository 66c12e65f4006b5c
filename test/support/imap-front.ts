import { join } from 'node:path'
import { MailAccount } from '../../src/daemon/mail-view/mail-account.ts'
import { MailNews } from '../../src/daemon/mail-view/mail-news.ts'
import { InlineReaders } from '../../src/daemon/reading/readers.ts'
import type { PosternError } from '../../src/errors.ts'
import { serveImap } from '../../src/imap/connection.ts'
import { ImapClient } from './imap/client.ts'
import { signIn } from './imap/front.ts'
import { ModelAccount } from './model-account.ts'
import { silentLogger } from './silent-logger.ts'
import type { Serve } from './transcript.ts'

const TAGGED = /^\S+ ((?:OK|NO|BAD)(?: \[[^\]]*\])?)/ // what follows is for people

/** Our IMAP front on the store of an account of the model server. */
export class ImapFront implements AsyncDisposable {
  readonly account = new ModelAccount()
  readonly #readers = new InlineReaders()
  readonly #mail: MailAccount
  /** Items whose bodies were asked for; none can be fetched. */
  readonly fetched: number[] = []
  /** What keeps all of them from being fetched, not one by one. */
  away: PosternError | undefined

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
        if (this.away) throw this.away
        return { errors: items }
      },
    })
  }

  /** Serves one client. */
  get serve(): Serve {
    return connection => serveImap(connection, { backend: { signIn, account: () => this.#mail } })
  }

  /** A client that has signed in. */
  async connect(): Promise<LineClient> {
    return new LineClient(await ImapClient.signedIn(this.serve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#readers[Symbol.asyncDispose]()
    this.account[Symbol.dispose]()
  }
}

/** A client whose answers are lists of lines. */
export class LineClient {
  readonly #client: ImapClient
  #appends = 0

  constructor(client: ImapClient) {
    this.#client = client
  }

  write(text: string): void {
    this.#client.send(text)
  }

  /** The next line. */
  async line(): Promise<string> {
    return (await this.#client.until(/^.*\r\n/)).replace('\r\n', '')
  }

  /** Sends a command; the untagged lines, then the tagged one without its tag and its text. */
  async command(text: string): Promise<string[]> {
    return linesOf(await this.#client.command(text))
  }

  /** The answer to a command that was written. */
  async answerOf(tag: string): Promise<string[]> {
    return linesOf(await this.#client.until(new RegExp(`^${tag} .*\\r\\n`, 'm')))
  }

  /** Appends with a non-synchronizing literal. */
  async append(mailbox: string, message: string, flags = ''): Promise<string[]> {
    const tag = `a${++this.#appends}`
    this.write(`${tag} APPEND ${mailbox} ${flags}{${message.length}+}\r\n${message}\r\n`)
    return this.answerOf(tag)
  }

  /** Ends the connection; rejects when the front had a bug. */
  close(): Promise<void> {
    return this.#client.end()
  }
}

function linesOf(text: string): string[] {
  const lines = text.split('\r\n').slice(0, -1)
  return [...lines.slice(0, -1), ...lines.slice(-1).map(line => TAGGED.exec(line)?.[1] ?? line)]
}
