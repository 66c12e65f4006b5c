import type { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import { isRefusal, refusalCode } from '../refusal.ts'
import type { RemoteAppend, RemoteMail, RemoteUid } from '../remote.ts'

/** A message to be sent, and the item it belongs to. */
export interface OutgoingAppend {
  readonly item: number
  readonly message: RemoteAppend
}

/** How the upload of one message ended. */
export type AppendOutcome =
  | { readonly kind: 'sent'; readonly item: number; readonly given: RemoteUid | undefined }
  | { readonly kind: 'refused'; readonly item: number; readonly error: PosternError }
  /** Nobody knows whether the server has it. */
  | { readonly kind: 'lost'; readonly item: number; readonly error: unknown }

/** Sends messages as one unit where the server can (MULTIAPPEND), and finds out which one it refuses. */
export class AppendSender {
  readonly #remote: RemoteMail
  readonly #log: Logger
  readonly #created = new Map<string, Promise<void>>()

  constructor(remote: RemoteMail, log: Logger) {
    this.#remote = remote
    this.#log = log
  }

  /** Sends a batch. Never rejects: every message has its outcome. */
  async send(path: string, batch: readonly OutgoingAppend[]): Promise<readonly AppendOutcome[]> {
    if (batch.length === 0) return []
    if (batch.length > 1 && !this.#remote.features.multiAppend) return this.#sendSingly(path, batch)
    try {
      const messages = batch.map(({ message }) => message)
      const given = await this.#append(path, messages)
      return batch.map(({ item }, index) => ({ kind: 'sent', item, given: given[index] }))
    } catch (error) {
      if (!isRefusal(error)) return batch.map(({ item }) => ({ kind: 'lost', item, error }))
      // All or none (RFC 3502): one bad message shall not take the others with it.
      if (batch.length > 1) return this.#sendSingly(path, batch)
      return batch.map(({ item }) => ({ kind: 'refused', item, error }))
    }
  }

  async #sendSingly(path: string, batch: readonly OutgoingAppend[]): Promise<readonly AppendOutcome[]> {
    return (await Promise.all(batch.map(each => this.send(path, [each])))).flat()
  }

  async #append(path: string, messages: readonly RemoteAppend[]): Promise<readonly (RemoteUid | undefined)[]> {
    try {
      return await this.#remote.append(path, messages)
    } catch (error) {
      if (refusalCode(error) !== 'TRYCREATE') throw error
    }
    await this.#create(path)
    return await this.#remote.append(path, messages)
  }

  // Several batches find out at the same time that the folder is gone.
  #create(path: string): Promise<void> {
    const known = this.#created.get(path)
    if (known) return known
    this.#log.warn('the folder of an upload was gone and is made again')
    const created = this.#remote.createFolder(path)
    this.#created.set(path, created)
    return created
  }
}
