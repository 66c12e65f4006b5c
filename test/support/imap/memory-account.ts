import type { SortCriterion } from '../../../src/formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../../src/formats/imap/command/arguments/search-key.ts'
import {
  type AccountNews,
  type AppendSink,
  type CopiedUids,
  type FlagsToStore,
  type ImapAccount,
  ImapRefusal,
  type MailboxUse,
  type MessageRow,
  type MessagesOf,
  type OctetSpan,
  type Thread,
  type WantedDetails,
} from '../../../src/imap/backend.ts'
import { changeFlags, DELETED, packFlags } from '../../../src/store/flags.ts'
import type { StorageQuota } from '../../../src/store/rows.ts'
import type { ItemDetails } from '../../../src/store/search/item-details.ts'
import { detailsOf } from './fetch-account.ts'
import { MemoryMailbox, type MemoryMessage, type MessageToPut } from './memory-mailbox.ts'
import { matches, sorted } from './memory-search.ts'

const PAGE = 2 // small: pages have seams

/** An account in memory. What others do to it is done by its mailboxes and then told by {@link tell}. */
export class MemoryAccount implements ImapAccount {
  readonly boxes: MemoryMailbox[] = []
  readonly watchers = new Set<(news: AccountNews) => void>()
  storageQuota: StorageQuota | undefined
  threadsFound: readonly Thread[] = []
  /** Thrown by whatever is asked next of messages. */
  nextFailure: Error | undefined
  /** Appends that came to nothing. */
  abandoned = 0
  /** Passed before every answer, so that a test can let others come in between. */
  pause: () => Promise<unknown> = async () => undefined
  #nextId = 1

  add(path: string, role?: MemoryMailbox['role']): MemoryMailbox {
    const box = new MemoryMailbox(this.#nextId++, path, role)
    this.boxes.push(box)
    return box
  }

  tell(news: AccountNews): void {
    for (const watcher of this.watchers) watcher(news)
  }

  async mailboxes() {
    await this.pause()
    return this.boxes.map(box => box.facts)
  }

  async counters(mailbox: number) {
    return (await this.#find(mailbox))?.counters
  }

  async snapshot(mailbox: number) {
    return (await this.#find(mailbox))?.snapshot
  }

  async changes(mailbox: number, since: number) {
    return (await this.#find(mailbox))?.changes(since)
  }

  async *messages(which: MessagesOf): AsyncIterable<readonly MessageRow[]> {
    for (let at = 0; at < which.uids.length; at += PAGE) {
      const page = await this.#these({ ...which, uids: which.uids.subarray(at, at + PAGE) })
      yield page.map(({ box, message }) => box.row(message))
    }
  }

  async *details(which: MessagesOf & WantedDetails): AsyncIterable<readonly ItemDetails[]> {
    for (let at = 0; at < which.uids.length; at += PAGE) {
      const page = await this.#these({ ...which, uids: which.uids.subarray(at, at + PAGE) })
      yield page.map(({ message: { uid, octets } }) => ({ uid, ...detailsOf(octets, previewOf(octets), which.kinds) }))
    }
  }

  async *smallOctets(): AsyncIterable<[]> {
    yield [] // each is read by itself
  }

  async *octets(mailbox: number, uid: number, span?: OctetSpan): AsyncIterable<Uint8Array> {
    const message = (await this.#find(mailbox))?.messages.get(uid)
    if (!message) throw new ImapRefusal('EXPUNGEISSUED', 'the message is gone')
    yield message.octets.subarray(span?.start ?? 0, span?.end ?? message.octets.length)
  }

  async search(which: MessagesOf, key: SearchKey) {
    const found = (await this.#these(which)).filter(({ message }) => matches(message, key))
    return Uint32Array.from(found, ({ message }) => message.uid)
  }

  async sort(which: MessagesOf, key: SearchKey, criteria: readonly SortCriterion[]) {
    const found = (await this.#these(which)).map(({ message }) => message).filter(message => matches(message, key))
    return Uint32Array.from(sorted(found, criteria), ({ uid }) => uid)
  }

  async threads() {
    await this.pause()
    return this.threadsFound
  }

  async storeFlags(which: MessagesOf, { action, flags, unchangedSince }: FlagsToStore) {
    const packed = packFlags(flags)
    const none = packFlags([])
    const left: number[] = []
    for (const { box, message } of await this.#these(which)) {
      const change = action === 'remove' ? { add: none, remove: packed } : { add: packed, remove: none }
      const now = action === 'replace' ? packed : changeFlags(message.flags, change)
      if (unchangedSince !== undefined && message.modseq > unchangedSince) left.push(message.uid)
      else if (now.bits !== message.flags.bits || now.keywords !== message.flags.keywords)
        box.setFlags(message.uid, now)
    }
    this.tell({ kind: 'mailbox', mailbox: which.mailbox })
    return left
  }

  async copy(which: MessagesOf, to: number): Promise<CopiedUids> {
    const target = await this.#get(to)
    const messages = await this.#these(which)
    const uids = messages.map(({ message }) => target.put(sameAs(message)))
    this.tell({ kind: 'mailbox', mailbox: to })
    return { uidValidity: target.uidValidity, from: messages.map(({ message }) => message.uid), to: uids }
  }

  async move(which: MessagesOf, to: number) {
    const copied = await this.copy(which, to)
    const box = await this.#get(which.mailbox)
    for (const uid of copied.from) box.remove(uid)
    this.tell({ kind: 'mailbox', mailbox: which.mailbox })
    return copied
  }

  async expunge(which: MessagesOf) {
    for (const { box, message } of await this.#these(which)) {
      if ((message.flags.bits & DELETED) !== 0) box.remove(message.uid)
    }
    this.tell({ kind: 'mailbox', mailbox: which.mailbox })
  }

  append(mailbox: number): AppendSink {
    const messages: (Omit<MessageToPut, 'octets'> & { readonly chunks: Buffer[] })[] = []
    let isFinished = false
    return {
      begin: async ({ flags, internalDateMs }) => {
        this.#fail()
        messages.push({ flags, internalDateMs, chunks: [] })
      },
      write: async octets => {
        this.#fail()
        messages.at(-1)?.chunks.push(Buffer.from(octets))
      },
      end: async () => undefined,
      finish: async () => {
        this.#fail()
        isFinished = true
        const box = await this.#get(mailbox)
        const uids = messages.map(({ chunks, ...rest }) => box.put({ ...rest, octets: Buffer.concat(chunks) }))
        this.tell({ kind: 'mailbox', mailbox })
        return { uidValidity: box.uidValidity, uids }
      },
      [Symbol.asyncDispose]: async () => {
        if (!isFinished) this.abandoned++
      },
    }
  }

  async createMailbox(path: string, use?: MailboxUse) {
    if (use && this.boxes.some(({ role }) => role === use)) throw new ImapRefusal('USEATTR', 'another one has this use')
    this.#assertFree([path])
    const { id } = this.add(path, use)
    this.tell({ kind: 'mailboxes' })
    return id
  }

  async renameMailbox(mailbox: number, path: string) {
    const { path: old, delimiter } = await this.#get(mailbox)
    const moved = this.boxes.filter(box => box.id === mailbox || box.path.startsWith(old + delimiter))
    this.#assertFree(moved.map(box => path + box.path.slice(old.length)))
    for (const box of moved) box.path = path + box.path.slice(old.length)
    this.tell({ kind: 'mailboxes' })
  }

  async deleteMailbox(mailbox: number) {
    const at = this.boxes.indexOf(await this.#get(mailbox))
    this.boxes.splice(at, 1)
    this.tell({ kind: 'mailboxes' })
  }

  async subscribe(mailbox: number, isSubscribed: boolean) {
    ;(await this.#get(mailbox)).isSubscribed = isSubscribed
    this.tell({ kind: 'mailboxes' })
  }

  async quota() {
    return this.storageQuota
  }

  watch(onNews: (news: AccountNews) => void): Disposable {
    this.watchers.add(onNews)
    return { [Symbol.dispose]: () => void this.watchers.delete(onNews) }
  }

  #assertFree(paths: readonly string[]): void {
    if (!this.boxes.some(box => paths.includes(box.path))) return
    throw new ImapRefusal('ALREADYEXISTS', 'there is such a mailbox already')
  }

  async #find(mailbox: number): Promise<MemoryMailbox | undefined> {
    await this.pause()
    this.#fail()
    return this.boxes.find(({ id }) => id === mailbox)
  }

  async #get(mailbox: number): Promise<MemoryMailbox> {
    const box = await this.#find(mailbox)
    if (!box) throw new ImapRefusal('NONEXISTENT', 'the mailbox is gone')
    return box
  }

  async #these({ mailbox, uids }: MessagesOf) {
    const box = await this.#get(mailbox)
    return [...uids].flatMap(uid => {
      const message = box.messages.get(uid)
      return message ? [{ box, message }] : []
    })
  }

  #fail(): void {
    const failure = this.nextFailure
    this.nextFailure = undefined
    if (failure) throw failure
  }
}

/** The first line of the body. */
function previewOf(octets: Buffer): string {
  return /\r\n\r\n(.*)/.exec(octets.toString())?.[1] ?? ''
}

function sameAs({ octets, flags, internalDateMs }: MemoryMessage): MessageToPut {
  const keywords = flags.keywords === '' ? [] : flags.keywords.split(' ')
  const system = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'].filter(
    (_, bit) => flags.bits & (1 << bit),
  )
  return { octets, internalDateMs, flags: [...system, ...keywords] }
}
