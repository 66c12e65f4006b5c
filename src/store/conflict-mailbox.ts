/** The id of the mailbox in which mail programs see kept versions; no folder has it. UIDs there are the versions' own ids. */
export const CONFLICT_MAILBOX = 0

/** Kept versions as if they were items of that mailbox. Their ids are negative: none can be taken for an item's. */
export const KEPT_AS_ITEMS = `(SELECT -id AS id, ${CONFLICT_MAILBOX} AS folder, id AS local_uid, bits AS local_bits,
  keywords AS local_keywords, coalesce(modseq, 1) AS modseq, size, internal_date, at AS saved_at, body_state, pack, offset,
  length, sha256, 0 AS is_gone, NULL AS unlinked FROM conflict)`

/** What the messages of a mailbox are selected from. */
export function itemsOf(mailbox: number): string {
  return mailbox === CONFLICT_MAILBOX ? KEPT_AS_ITEMS : 'item'
}

/** Tells whether an id is that of a kept version, as {@link KEPT_AS_ITEMS} has them. */
export function isKeptVersion(id: number): boolean {
  return id < 0
}
