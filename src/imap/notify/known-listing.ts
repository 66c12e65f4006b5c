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

  /** The client has made a mailbox itself; the same for the next three. */
  created(mailbox: Pick<KnownMailbox, 'id' | 'path' | 'delimiter'>): void {
    this.#known.set(mailbox.id, { ...mailbox, isSelectable: true, isSubscribed: true })
  }

  deleted(id: number): void {
    this.#known.delete(id)
  }

  /** Those below it have other names as well (RFC 9051 section 6.3.6). */
  renamed(from: string, to: string): void {
    for (const mailbox of this.#known.values()) {
      const { path, delimiter } = mailbox
      const isBelow = delimiter !== undefined && path.startsWith(from + delimiter)
      if (path === from || isBelow) this.#known.set(mailbox.id, { ...mailbox, path: to + path.slice(from.length) })
    }
  }

  subscribed(id: number, isSubscribed: boolean): void {
    const mailbox = this.#known.get(id)
    if (mailbox) this.#known.set(id, { ...mailbox, isSubscribed })
  }
}

function known({ id, path, delimiter, isSelectable, isSubscribed }: Mailbox): KnownMailbox {
  return { id, path, delimiter, isSelectable, isSubscribed }
}

function isSame(before: KnownMailbox | undefined, after: Mailbox): boolean {
  const { path, isSelectable, isSubscribed } = before ?? {}
  return path === after.path && isSelectable === after.isSelectable && isSubscribed === after.isSubscribed
}

/** A name is told to be free before another mailbox is told to have it, where names do not go round in a ring. */
function inOrder(changes: readonly ListingChange[]): ListingChange[] {
  const ordered: ListingChange[] = []
  const waiting = new Map(changes.map(change => [change.before?.path, change]))
  while (waiting.size > 0) {
    const free = [...waiting.values()].filter(
      ({ before, after }) => before?.path === after?.path || !waiting.has(after?.path),
    )
    const next = free.length > 0 ? free : [...waiting.values()]
    for (const change of next) waiting.delete(change.before?.path)
    ordered.push(...next)
  }
  return ordered
}
