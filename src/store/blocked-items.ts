/** Of `item.is_blocked`: the server allows no such changes in the folder. */
export const BLOCKED = 1

/** Of `item.is_blocked`: the server refused to be told of this item's flags, or deletion, three times. */
export const REFUSED = 2

// The index item_blocked is used only where its condition stands word for word.

/** Selects items that are {@link BLOCKED}. */
export const IS_BLOCKED = `is_blocked AND is_blocked = ${BLOCKED}`

/** Selects items that are {@link REFUSED} and still differ from what the server has. */
export const IS_REFUSED = `is_blocked AND is_blocked = ${REFUSED}
  AND (is_gone OR server_bits <> local_bits OR server_keywords <> local_keywords)`

/**
 * Of `expunge.is_marked`: the server refused three times to remove what a COPY has left behind. It stays there, unseen
 * here.
 */
export const KEPT_THERE = 2
