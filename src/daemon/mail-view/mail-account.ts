import { PosternError } from '../../errors.ts'
import type { SortCriterion } from '../../formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../formats/imap/command/arguments/search-key.ts'
import {
  type AccountNews,
  type AppendSink,
  type CopiedUids,
  type FactsOf,
  type FlagsToStore,
  type ImapAccount,
  ImapRefusal,
  type Mailbox,
  type MailboxUse,
  type MessageDetails,
  type MessageRow,
  type MessagesOf,
  type OctetPart,
  type OctetSpan,
  type Thread,
  type WantedDetails,
} from '../../imap/backend.ts'
import { CONFLICT_MAILBOX, isKeptVersion } from '../../store/conflict-mailbox.ts'
import { changesOf, type MailboxFolder, type MailboxItem } from '../../store/queries/mailbox-views.ts'
import type { StorageQuota } from '../../store/rows.ts'
import type { ItemDetails } from '../../store/search/item-details.ts'
import { plainKey } from '../../store/search/plain-key.ts'
import type { OctetsOfItem } from '../../store/search/search-reader.ts'
import type { LocalChange, LocalChangeResult } from '../../sync/local/local-change.ts'
import type { MailboxChange, MailboxChangeResult } from '../../sync/local/mailbox-change.ts'
import { octetsOfPage } from '../reading/octets-page.ts'
import type { ReaderOperations } from '../reading/reader-operations.ts'
import { type Readers, type ReadParams, type ReadValue, readOne } from '../reading/readers.ts'
import { columnsOf, rowsOf } from './column-row.ts'
import type { FollowedProfile, MailNews } from './mail-news.ts'
import { damaged, refusalOf, unavailable } from './refusals.ts'
import { SpooledAppend } from './spooled-append.ts'

const KEPT_VERSIONS = 'versions that lost a conflict: COPY one elsewhere, or see postern conflict restore and discard'
const FETCH_TIMEOUT_MS = 60_000 // clients give up after a minute or two
const AWAY_MS = 5000 // one FETCH may need a thousand messages of a server that does not answer

/** What a profile's mail is read from and changed through. */
export interface MailAccountOptions {
  readonly profile: FollowedProfile
  readonly readers: Readers
  readonly news: MailNews
  readonly spoolDir: string
  readonly clock: () => number
  /** Makes a change durable, and has it told to the server soon. */
  readonly change: (change: LocalChange) => Promise<LocalChangeResult>
  /** Fetches bodies of which only the headers are here. */
  readonly fetch: (items: readonly number[], timeoutMs: number) => Promise<{ readonly errors: readonly unknown[] }>
}

/** The local store of a profile as mail programs use it: reads in reader workers, writes in the engine process. */
export class MailAccount implements ImapAccount {
  readonly #options: MailAccountOptions
  readonly #dir: string
  /** Why the server gave nothing a moment ago: it is not asked again before then. */
  #away: { readonly refusal: unknown; readonly untilMs: number } | undefined

  constructor(options: MailAccountOptions) {
    this.#options = options
    this.#dir = options.profile.dir
  }

  async mailboxes(): Promise<readonly Mailbox[]> {
    return (await this.#readOne('mailboxFolders', { dir: this.#dir })).map(mailboxOf)
  }

  counters(mailbox: number) {
    return this.#readOne('mailboxCounters', { dir: this.#dir, folder: mailbox })
  }

  snapshot(mailbox: number) {
    return this.#readOne('mailboxSnapshot', { dir: this.#dir, folder: mailbox })
  }

  async changes(mailbox: number, since: number) {
    const columns = await this.#readOne('mailboxChanges', { dir: this.#dir, folder: mailbox, since })
    return columns && changesOf(columns)
  }

  async *messages({ facts, ...which }: FactsOf): AsyncGenerator<readonly MessageRow[]> {
    const columns = columnsOf(facts)
    for await (const page of this.#stream('mailboxColumns', { ...this.#place(which), columns })) {
      yield rowsOf(page)
    }
  }

  async *details({ depth, kinds, ...which }: MessagesOf & WantedDetails): AsyncGenerator<readonly MessageDetails[]> {
    if (depth === 'whole') await this.#fetchMissing(which)
    for await (const page of this.#stream('mailboxDetails', { ...this.#place(which), kinds })) {
      yield page.some(isUnreadable) ? page.map(refusedIfUnreadable) : page
    }
  }

  async *smallOctets({
    part,
    ...which
  }: MessagesOf & { readonly part: OctetPart }): AsyncGenerator<readonly OctetsOfItem[]> {
    for await (const page of this.#stream('mailboxSmallOctets', { ...this.#place(which), part }))
      yield octetsOfPage(page)
  }

  async *octets(mailbox: number, uid: number, span?: OctetSpan): AsyncGenerator<Uint8Array> {
    const { start, end, isHeader = false } = span ?? { start: 0, end: Number.POSITIVE_INFINITY }
    const wanted = { dir: this.#dir, folder: mailbox, uid, start, end, isHeader }
    let hasCome = false
    try {
      for await (const chunk of this.#options.readers.stream('mailboxOctets', wanted)) {
        hasCome = true
        yield chunk
      }
    } catch (error) {
      if (!isHeaderOnly(error)) throw refusalOf(error)
      await this.#fetch([(await this.#item(mailbox, uid)).id])
      yield* this.#stream('mailboxOctets', wanted)
      return
    }
    if (!hasCome) await this.#item(mailbox, uid) // empty, or gone
  }

  async search(which: MessagesOf, key: SearchKey): Promise<Uint32Array> {
    return this.#readOne('mailboxSearch', { ...this.#place(which), key: plainKey(key), nowMs: this.#options.clock() })
  }

  async sort(which: MessagesOf, key: SearchKey, criteria: readonly SortCriterion[]): Promise<Uint32Array> {
    return this.#readOne('mailboxSort', {
      ...this.#place(which),
      key: plainKey(key),
      criteria,
      nowMs: this.#options.clock(),
    })
  }

  async threads(which: MessagesOf, key: SearchKey): Promise<readonly Thread[]> {
    return this.#readOne('mailboxThreads', { ...this.#place(which), key: plainKey(key), nowMs: this.#options.clock() })
  }

  async storeFlags(which: MessagesOf, { action, flags, unchangedSince }: FlagsToStore): Promise<readonly number[]> {
    await this.#assertWritable(which.mailbox)
    const change = { ...this.#messages(which), action, flags, unchangedSince }
    return (await this.#change({ kind: 'mailboxFlags', ...change })).modified
  }

  async copy(which: MessagesOf, to: number): Promise<CopiedUids> {
    await this.#fetchMissing(which) // a copy is uploaded
    return this.#change({ kind: 'mailboxCopy', ...this.#messages(which), to })
  }

  async move(which: MessagesOf, to: number): Promise<CopiedUids> {
    await this.#assertWritable(which.mailbox)
    return this.#change({ kind: 'mailboxMove', ...this.#messages(which), to })
  }

  async expunge(which: MessagesOf): Promise<void> {
    await this.#assertWritable(which.mailbox)
    await this.#change({ kind: 'mailboxExpunge', ...this.#messages(which) })
  }

  append(mailbox: number): AppendSink {
    const { spoolDir, clock } = this.#options
    return new SpooledAppend({
      ...{ spoolDir, clock },
      store: async messages => {
        const { uidValidity, to } = await this.#change({ kind: 'mailboxAppend', folder: mailbox, messages })
        return { uidValidity, uids: to }
      },
    })
  }

  async createMailbox(path: string, use?: MailboxUse): Promise<number> {
    await this.#changed({ kind: 'createFolder', path, role: use })
    const made = (await this.mailboxes()).find(mailbox => mailbox.path === path)
    if (!made) throw new ImapRefusal('NONEXISTENT', 'the mailbox was removed at once')
    return made.id
  }

  async renameMailbox(mailbox: number, newPath: string): Promise<void> {
    await this.#changed({ kind: 'renameFolder', path: await this.#folderPath(mailbox), newPath })
  }

  async deleteMailbox(mailbox: number): Promise<void> {
    await this.#changed({ kind: 'deleteFolder', path: await this.#folderPath(mailbox) })
  }

  async subscribe(mailbox: number, isSubscribed: boolean): Promise<void> {
    if (mailbox === CONFLICT_MAILBOX && isSubscribed) return // always
    assertFolder(mailbox)
    await this.#change({ kind: 'mailboxSubscribe', folder: mailbox, isSubscribed })
  }

  quota(): Promise<StorageQuota | undefined> {
    return this.#readOne('mailboxQuota', { dir: this.#dir })
  }

  watch(onNews: (news: AccountNews) => void): Disposable {
    return this.#options.news.follow(this.#options.profile, onNews)
  }

  async #mailbox(id: number): Promise<Mailbox> {
    const mailbox = (await this.mailboxes()).find(each => each.id === id)
    if (!mailbox) throw new ImapRefusal('NONEXISTENT', 'there is no such mailbox')
    return mailbox
  }

  async #folderPath(id: number): Promise<string> {
    assertFolder(id)
    return (await this.#mailbox(id)).path
  }

  async #assertWritable(id: number): Promise<void> {
    assertFolder(id)
    const { isReadOnly, isSelectable } = await this.#mailbox(id)
    if (!isSelectable) throw new ImapRefusal('CANNOT', 'this mailbox only holds other mailboxes')
    if (isReadOnly) throw new ImapRefusal('NOPERM', 'the server lets nobody change this mailbox')
  }

  async #item(mailbox: number, uid: number): Promise<MailboxItem> {
    for await (const [item] of this.#items({ mailbox, uids: Uint32Array.of(uid) })) if (item) return item
    throw new ImapRefusal('EXPUNGEISSUED', 'the message is gone')
  }

  #items(which: MessagesOf) {
    return this.#stream('mailboxItems', this.#place(which))
  }

  async #fetchMissing(which: MessagesOf): Promise<void> {
    const missing: number[] = []
    for await (const page of this.#items(which)) {
      for (const { id, bodyState } of page) if (bodyState === 'header') missing.push(id)
    }
    await this.#fetch(missing)
  }

  async #fetch(items: readonly number[]): Promise<void> {
    if (items.length === 0) return
    if (items.some(isKeptVersion)) throw new ImapRefusal('UNAVAILABLE', 'only the header of this version was kept')
    if (this.#away && performance.now() < this.#away.untilMs) throw this.#away.refusal
    try {
      const { errors } = await this.#options.fetch(items, FETCH_TIMEOUT_MS)
      if (errors.length === 0) return
    } catch (error) {
      const refusal = unavailable(error)
      this.#away = { refusal, untilMs: performance.now() + AWAY_MS }
      throw refusal
    }
    throw new ImapRefusal('UNAVAILABLE', 'only the header is here, and the server did not give the rest')
  }

  #place({ mailbox, uids }: MessagesOf) {
    return { dir: this.#dir, folder: mailbox, uids }
  }

  #messages({ mailbox, uids }: MessagesOf) {
    return { folder: mailbox, uids }
  }

  async #change(change: MailboxChange): Promise<MailboxChangeResult> {
    const { mailbox } = await this.#changed(change)
    if (!mailbox) throw new Error(`the change ${change.kind} had no result`)
    return mailbox
  }

  async #changed(change: LocalChange): Promise<LocalChangeResult> {
    try {
      return await this.#options.change(change)
    } catch (error) {
      throw refusalOf(error)
    }
  }

  async #readOne<Name extends keyof ReaderOperations>(name: Name, params: ReadParams<Name>): Promise<ReadValue<Name>> {
    try {
      return await readOne(this.#options.readers, name, params)
    } catch (error) {
      throw refusalOf(error)
    }
  }

  async *#stream<Name extends keyof ReaderOperations>(
    name: Name,
    params: ReadParams<Name>,
  ): AsyncGenerator<ReadValue<Name>> {
    try {
      yield* this.#options.readers.stream(name, params)
    } catch (error) {
      throw refusalOf(error)
    }
  }
}

/** Kept versions are in none. */
function assertFolder(mailbox: number): void {
  if (mailbox === CONFLICT_MAILBOX) throw new ImapRefusal('NOPERM', KEPT_VERSIONS)
}

function isUnreadable({ isUnreadable }: ItemDetails): boolean {
  return isUnreadable === true
}

function refusedIfUnreadable(details: ItemDetails): MessageDetails {
  return isUnreadable(details) ? { ...details, refusal: damaged() } : details
}

function isHeaderOnly(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'STORE_HEADER_ONLY'
}

const ROLES: ReadonlySet<string> = new Set(['inbox', 'drafts', 'sent', 'trash', 'junk', 'archive', 'all', 'flagged'])

function mailboxOf(folder: MailboxFolder): Mailbox {
  const { id, path, delimiter, isSelectable, isSubscribed, isReadOnly, role } = folder
  const isRole = (text: string | undefined): text is NonNullable<Mailbox['role']> =>
    text !== undefined && ROLES.has(text)
  return {
    ...{ id, path, delimiter, isSelectable, isSubscribed },
    isReadOnly: isReadOnly === true,
    readOnlyReason: id === CONFLICT_MAILBOX ? KEPT_VERSIONS : undefined,
    role: isRole(role) ? role : undefined,
  }
}
