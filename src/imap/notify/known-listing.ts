import type { Mailbox } from '../backend.ts'

/** A mailbox as a client was told of it. */
export type KnownMailbox = Pick<Mailbox, 'id' | 'path' | 'delimiter' | 'isSelectable' | 'isSubscribed'>

/** What has become of a mailbox: made without `before`, gone without `after`. */
export interface ListingChange {
  readonly before: KnownMailbox | undefined
  readonly after: Mailbox | undefined
}

/** The list of mailboxes as a client knows it: it was told of the others, and has made some changes itself. */
export class KnownListing {
  #known: Map<number, KnownMailbox>

  constructor(mailboxes: readonly Mailbox[]) {
    this.#known = new Map(mailboxes.map(mailbox => [mailbox.id, known(mailbox)]))
  }

  get(id: number): KnownMailbox | undefined {
    return this.#known.get(id)
  }

  /** Takes over what is there now. Gives what has changed: what is gone, then what has another name, then what is new. */
  update(mailboxes: readonly Mailbox[]): readonly ListingChange[] {
    const before = this.#known
    this.#known = new Map(mailboxes.map(mailbox => [mailbox.id, known(mailbox)]))
    const gone = [...before.values()].filter(({ id }) => !this.#known.has(id))
    const stayed = mailboxes.filter(({ id }) => before.has(id)).map(after => ({ before: before.get(after.id), after }))
    return [
      ...gone.map(mailbox => ({ before: mailbox, after: undefined })),
      ...inOrder(stayed.filter(({ before, after }) => !isSame(before, after))),
      ...mailboxes.filter(({ id }) => !before.has(id)).map(after => ({ before: undefined, after })),
    ]
  }

  /** The client has made a mailbox itself. Its own changes are of names: it may know another mailbox by one than is there. */
  created(mailbox: Pick<KnownMailbox, 'id' | 'path' | 'delimiter'>): void {
    this.deleted(mailbox.path)
    this.#known.set(mailbox.id, { ...mailbox, isSelectable: true, isSubscribed: true })
  }

  /** The client has removed a mailbox itself. */
  deleted(path: string): void {
    for (const mailbox of this.#known.values()) if (mailbox.path === path) this.#known.delete(mailbox.id)
  }

  /** The client has renamed a mailbox itself, and those below it with it (RFC 9051 section 6.3.6). */
  renamed(from: string, to: string): void {
    const moved = [...this.#known.values()]
      .filter(({ path, delimiter }) => isWithin(path, from, delimiter))
      .map(mailbox => ({ ...mailbox, path: to + mailbox.path.slice(from.length) }))
    const taken = new Set(moved.map(({ path }) => path))
    for (const mailbox of this.#known.values()) if (taken.has(mailbox.path)) this.#known.delete(mailbox.id)
    for (const mailbox of moved) this.#known.set(mailbox.id, mailbox)
  }

  /** The client has subscribed to a mailbox itself, or no longer does. */
  subscribed(path: string, isSubscribed: boolean): void {
    const mailbox = [...this.#known.values()].find(known => known.path === path)
    if (mailbox) this.#known.set(mailbox.id, { ...mailbox, isSubscribed })
  }
}

function isWithin(path: string, top: string, delimiter: string | undefined): boolean {
  return path === top || (delimiter !== undefined && path.startsWith(top + delimiter))
}

function known({ id, path, delimiter, isSelectable, isSubscribed }: Mailbox): KnownMailbox {
  return { id, path, delimiter, isSelectable, isSubscribed }
}

function isSame(before: KnownMailbox | undefined, after: Mailbox): boolean {
  const { path, isSelectable, isSubscribed } = before ?? {}
  return path === after.path && isSelectable === after.isSelectable && isSubscribed === after.isSubscribed
}

/**
 * A name is told to be free before another mailbox is told to have it. Where names go round in a ring, one of the mailboxes is
 * told as gone and then as a new one.
 */
function inOrder(renamed: readonly ListingChange[]): ListingChange[] {
  const ordered: ListingChange[] = []
  const madeAgain: ListingChange[] = []
  const waiting = new Map(renamed.map(change => [change.before?.path, change]))
  for (const first of waiting.values()) {
    const chain = chainFrom(first, waiting)
    if (chain.length > 1 && chain.at(-1)?.after?.path === first.before?.path) {
      chain.shift()
      ordered.push({ before: first.before, after: undefined })
      madeAgain.push({ before: undefined, after: first.after })
    }
    for (const change of chain.reverse()) ordered.push(change)
  }
  return [...ordered, ...madeAgain]
}

/** Takes out a change, the one that frees its new name, the one that frees that one's, and so on. */
function chainFrom(first: ListingChange, waiting: Map<string | undefined, ListingChange>): ListingChange[] {
  const chain: ListingChange[] = []
  for (let change: ListingChange | undefined = first; change; change = waiting.get(change.after?.path)) {
    waiting.delete(change.before?.path)
    chain.push(change)
  }
  return chain
}
