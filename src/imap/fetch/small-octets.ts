import type { OctetsOfItem } from '../../store/search/search-reader.ts'
import { type ImapAccount, ImapRefusal, type OctetPart } from '../backend.ts'
import { readAhead } from './read-ahead.ts'

/** The octets of messages that are small, read many at a time while the messages are told one by one. */
export class SmallOctets implements AsyncDisposable {
  readonly #pages: AsyncIterator<readonly OctetsOfItem[]>
  readonly #held = new Map<number, Buffer>()
  #lastUid = 0

  constructor(
    account: ImapAccount,
    which: { readonly mailbox: number; readonly uids: Uint32Array; readonly part: OctetPart },
  ) {
    this.#pages = readAhead(account.smallOctets(which))[Symbol.asyncIterator]()
  }

  /** Gives those of a message, once, undefined when they are to be read by themselves; messages ascend. */
  async take(uid: number): Promise<Buffer | undefined> {
    while (this.#lastUid < uid) await this.#turn()
    const octets = this.#held.get(uid)
    this.#held.delete(uid)
    return octets
  }

  async #turn(): Promise<void> {
    this.#held.clear() // of what was not told
    const page = await this.#next()
    for (const { uid, octets } of page ?? []) this.#held.set(uid, octets)
    this.#lastUid = page ? (page.at(-1)?.uid ?? this.#lastUid) : Infinity
  }

  // What is refused for many is tried for each: that tells which one it is.
  async #next(): Promise<readonly OctetsOfItem[] | undefined> {
    try {
      const { done, value } = await this.#pages.next()
      return done ? undefined : value
    } catch (error) {
      if (error instanceof ImapRefusal) return undefined
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pages.return?.()
  }
}
