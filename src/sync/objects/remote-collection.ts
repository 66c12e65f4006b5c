/** An object's place in its collection, and the version that the server has of it. */
export interface RemoteMember {
  readonly href: string
  readonly etag: string
}

/** An object as the server has it. */
export interface RemoteObject extends RemoteMember {
  readonly octets: Buffer
}

/** What has become of a collection since a token (RFC 6578). */
export interface CollectionChanges {
  /** Where the next delta begins; undefined when the server has no such thing and is compared whole each time. */
  readonly token: string | undefined
  /** Whether `members` are all that there are: no token was given, or the server does not know it any more. */
  readonly isFull: boolean
  readonly members: readonly RemoteMember[]
  readonly removed: readonly string[]
}

/** The version that must still be there for a change to be made: its ETag, or `absent`. */
export type Precondition = { readonly etag: string } | 'absent'

/** How a change ended. Without an ETag the server may have changed what it stored (RFC 4791 section 5.3.4). */
export type WriteOutcome =
  | { readonly kind: 'done'; readonly etag: string | undefined }
  /** Somebody else was faster (412): nothing was changed. */
  | { readonly kind: 'conflict' }

/**
 * A collection of objects whose content can change: a calendar, an address book. What the server refuses is a PosternError
 * UPSTREAM_REFUSED; everything else that is thrown ends the run.
 */
export interface RemoteCollection {
  changes(token: string | undefined): Promise<CollectionChanges>
  /** Reads objects; those that are not there any more are left out. */
  read(hrefs: readonly string[]): AsyncIterable<RemoteObject>
  write(href: string, octets: Buffer, precondition: Precondition): Promise<WriteOutcome>
  /** Deletes an object; one that is not there is done. */
  remove(href: string, precondition: { readonly etag: string }): Promise<WriteOutcome>
}
