import type { RemoteCollection } from './remote-collection.ts'

/** What a collection holds: iCalendar objects (RFC 4791) or vCards (RFC 6352). */
export type CollectionKind = 'calendar' | 'addressbook'

/** What an object of a calendar may be (RFC 4791 section 5.2.3). */
export type CalendarComponent = 'VEVENT' | 'VTODO' | 'VJOURNAL'

/** A collection of the server. */
export interface ListedCollection {
  readonly kind: CollectionKind
  /**
   * Its path, percent-encoded in one way and ending in `/`: the same whenever it is listed. Kind and href together are
   * its identity, for the two kinds may lie on two servers. The href of a new object is this, then a name without `/`.
   */
  readonly href: string
  /** What the server shows for it, on one line; where it shows nothing, the last segment of the path. */
  readonly name: string
  /** What a calendar takes, at least one; empty for an address book. */
  readonly components: readonly CalendarComponent[]
  /** Changes with every change inside (getctag, or the token of RFC 6578); undefined when the server has neither. */
  readonly version: string | undefined
  /** Whether this user may change nothing in it; false when the server does not say. */
  readonly isReadOnly: boolean
  /** `#rrggbb` in lower case. */
  readonly color: string | undefined
  readonly description: string | undefined
  /** The largest object that it takes, in octets. */
  readonly maxObjectOctets: number | undefined
}

/** A collection that is to be made. */
export interface NewCollection {
  readonly kind: CollectionKind
  /** The last segment of its path, without a `/`. */
  readonly segment: string
  readonly name: string
  /** What a calendar is to take; empty for an address book. */
  readonly components: readonly string[]
}

/** The collections of an account. */
export interface CollectionListing {
  readonly collections: readonly ListedCollection[]
  /** The kinds that this account has a home for. One that is not here was not looked at: nothing is gone because of that. */
  readonly kinds: readonly CollectionKind[]
}

/** The calendars and address books of an account; disposing of it ends its connections. */
export interface RemoteCollections extends AsyncDisposable {
  /**
   * Lists them, all or none.
   *
   * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
   */
  list(): Promise<CollectionListing>
  /**
   * Makes a collection; one of its kind that is at its place already is made. The list tells its href.
   *
   * @throws {PosternError} UPSTREAM_…, NET_…, TLS_…
   */
  create(collection: NewCollection): Promise<void>
  /** Gives what a collection is synchronized with; nothing is asked for yet. */
  open(collection: Pick<ListedCollection, 'kind' | 'href'>): RemoteCollection
}
