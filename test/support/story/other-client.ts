import { ImapFlow } from 'imapflow'

/** A message as the server has it. */
export interface ServerMessage {
  readonly uid: number
  readonly flags: readonly string[]
  readonly octets: Buffer
}

/** A second mail program at work on the same account, past the proxy: an independent implementation. */
export class OtherClient implements AsyncDisposable {
  readonly #connect: () => Promise<ImapFlow>
  #client: Promise<ImapFlow>

  constructor(port: number, user: string, password: string) {
    const auth = { user, pass: password }
    this.#connect = async () => {
      const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, doSTARTTLS: false, auth, logger: false })
      client.on('error', () => undefined) // told by the next command
      await client.connect()
      return client
    }
    this.#client = this.#connect()
  }

  /** A server ends the sessions that have a folder open which Postern deletes: then a new one is made. */
  async #session(): Promise<ImapFlow> {
    const client = await this.#client
    if (client.usable) return client
    this.#client = this.#connect()
    return this.#client
  }

  /** The folders that can be opened. */
  async folders(): Promise<string[]> {
    const client = await this.#session()
    // It may learn only now that its session is over.
    const list = await client.list().catch(async error => {
      if (client.usable && error.code !== 'NoConnection') throw error
      this.#client = this.#connect()
      return (await this.#client).list()
    })
    return list.filter(({ flags }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent')).map(({ path }) => path)
  }

  uids(path: string): Promise<number[]> {
    return this.#in(path, async client => {
      const found = await client.search({ all: true }, { uid: true })
      if (!found) throw new Error(`Mailbox ${path} is not searched`) // refused: not the same as empty
      return found
    })
  }

  /** Everything in a folder, in the order of the UIDs. */
  async messages(path: string): Promise<ServerMessage[]> {
    if ((await this.uids(path)).length === 0) return []
    return this.#in(path, async client => {
      const found = await client.fetchAll('1:*', { uid: true, flags: true, source: true })
      return found.map(({ uid, flags, source }) => ({
        uid,
        flags: [...(flags ?? [])].filter(flag => flag !== '\\Recent').sort(),
        octets: source ?? Buffer.alloc(0),
      }))
    })
  }

  async append(path: string, octets: Buffer): Promise<void> {
    const done = await (await this.#session()).append(path, octets)
    if (!done) throw new Error(`Mailbox ${path} takes no message`)
  }

  flag(path: string, uid: number, add: string, remove: string): Promise<void> {
    return this.#in(path, async client => {
      await client.messageFlagsAdd(String(uid), [add], { uid: true })
      if (remove !== add) await client.messageFlagsRemove(String(uid), [remove], { uid: true })
    })
  }

  /** False when the server refuses. */
  move(path: string, uids: string, to: string): Promise<boolean> {
    return this.#in(path, async client => Boolean(await client.messageMove(uids, to, { uid: true })))
  }

  /** How many were copied: none when the server refuses, or somebody has removed them. */
  copy(path: string, uids: string, to: string): Promise<number> {
    return this.#in(path, async client => {
      const done = await client.messageCopy(uids, to, { uid: true })
      return done ? (done.uidMap?.size ?? 0) : 0
    })
  }

  delete(path: string, uid: number): Promise<void> {
    return this.#in(path, async client => void (await client.messageDelete(String(uid), { uid: true })))
  }

  async createFolder(path: string): Promise<void> {
    await (await this.#session()).mailboxCreate(path)
  }

  async renameFolder(path: string, newPath: string): Promise<void> {
    await (await this.#session()).mailboxRename(path, newPath)
  }

  async deleteFolder(path: string): Promise<void> {
    await (await this.#session()).mailboxOpen('INBOX') // a server ends sessions whose folder is deleted
    await (await this.#session()).mailboxDelete(path)
  }

  /** Gives a folder another UIDVALIDITY, and its messages other UIDs. Where the server does not move them, they stay aside. */
  async renumber(path: string): Promise<void> {
    await this.renameFolder(path, `${path}-old`)
    await this.createFolder(path)
    const isMoved = (await this.uids(`${path}-old`)).length === 0 || (await this.move(`${path}-old`, '1:*', path))
    if (!isMoved || (await this.uids(`${path}-old`)).length > 0) throw new Error(`Mailbox ${path}-old has mail`)
    await this.deleteFolder(`${path}-old`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#session()).logout()
  }

  async #in<Result>(path: string, work: (client: ImapFlow) => Promise<Result>): Promise<Result> {
    const client = await this.#session()
    const lock = await client.getMailboxLock(path)
    try {
      await client.noop() // else Cyrus goes on showing what was expunged meanwhile
      return await work(client)
    } finally {
      lock.release()
    }
  }
}
